// Draws how large the parts of a package are, and goes into them: with the mouse, and with the keyboard alone. What is in a part is
// asked of the editor when somebody wants to see it.
const map = document.getElementById('treemap');
const tiles = map?.querySelector('.tiles');
/** What is shown: its path, and the paths above it. */
let shown;

function ask(action, argument) {
  editor.postMessage({ action, argument });
}

function draw(view, wantsFocus) {
  const from = shown?.path;
  const hadFocus = wantsFocus || tiles.contains(document.activeElement);
  shown = view;
  map.hidden = false;
  tiles.ariaLabel = view.label;
  map.querySelector('[role="status"]').textContent = view.status;
  map.querySelector('.above').replaceChildren(...view.above.map(toCrumb));
  tiles.replaceChildren(...view.tiles.map(toTile));
  // Where one comes from below, one stands where one went in.
  const buttons = [...tiles.children];
  const start = buttons.find((tile) => from?.startsWith(`${tile.dataset.path}/`) || tile.dataset.path === from);
  choose(start ?? buttons[0], hadFocus);
  if (wantsFocus) map.scrollIntoView({ block: 'center' });
}

function toCrumb({ path, name }, index, all) {
  const item = document.createElement('li');
  const isHere = index === all.length - 1;
  const crumb = document.createElement(isHere ? 'span' : 'button');
  crumb.textContent = name;
  if (isHere) crumb.ariaCurrent = 'location';
  else {
    crumb.type = 'button';
    crumb.dataset.action = 'weigh';
    crumb.dataset.argument = path;
  }
  item.append(crumb);
  return item;
}

function toTile({ path, kind, name, size, left, top, width, height }) {
  const tile = document.createElement('button');
  tile.type = 'button';
  tile.className = 'tile';
  tile.dataset.kind = kind;
  tile.dataset.path = path;
  tile.title = `${name}: ${size}`;
  tile.tabIndex = -1;
  if (kind === 'others') tile.ariaDisabled = 'true';
  Object.assign(tile.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
  for (const text of [name, size]) {
    const line = document.createElement('span');
    line.textContent = text;
    tile.append(line, ' ');
  }
  return tile;
}

/** Of all tiles one is reached with Tab. */
function choose(tile, withFocus) {
  if (!tile) return;
  for (const other of tiles.children) other.tabIndex = other === tile ? 0 : -1;
  if (withFocus) tile.focus();
}

function enter(tile) {
  if (tile.ariaDisabled === 'true') return;
  ask(tile.dataset.kind === 'file' ? 'openEntry' : 'weigh', tile.dataset.path);
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The nearest tile in a direction: how far it is along, and twice how far aside. */
function nextTo(tile, [dx, dy]) {
  const centre = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = centre(tile);
  let best;
  for (const other of tiles.children) {
    const [otherX, otherY] = centre(other);
    const along = (otherX - x) * dx + (otherY - y) * dy;
    const aside = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
    const distance = along + 2 * aside;
    if (along > 1 && (!best || distance < best.distance)) best = { other, distance };
  }
  return best?.other;
}

tiles?.addEventListener('click', ({ target }) => {
  const tile = target instanceof Element ? target.closest('.tile') : null;
  if (tile) enter(tile);
});
tiles?.addEventListener('keydown', (event) => {
  const tile = event.target;
  const ends = { Home: tiles.firstElementChild, End: tiles.lastElementChild };
  const next = DIRECTIONS[event.key] ? nextTo(tile, DIRECTIONS[event.key]) : ends[event.key];
  if (next) choose(next, true);
  else if (event.key === 'Escape') {
    const up = shown?.above.at(-2);
    if (up) ask('weigh', up.path);
  }
  if (DIRECTIONS[event.key] || ends[event.key] || event.key === 'Escape') event.preventDefault();
});
window.addEventListener('message', ({ data }) => {
  if (tiles && data?.treemap) draw(data.treemap, data.wantsFocus === true);
});
ask('ready');
