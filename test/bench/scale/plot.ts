import type { Point } from './exponent.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [640, 400, 80, 50, 40, 220];
const COLORS = ['#0969da', '#cf222e', '#1a7f37', '#9a6700', '#8250df', '#57606a'];

/** A chart of lines, both axes logarithmic, as SVG. */
export function plot(title: string, xLabel: string, yLabel: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points).filter(({ cost }) => cost > 0);
  const [minX, maxX] = decades(all.map(({ size }) => size));
  const [minY, maxY] = decades(all.map(({ cost }) => cost));
  const x = (size: number) => LEFT + ((Math.log10(size) - minX) / (maxX - minX)) * (WIDTH - LEFT - RIGHT);
  const y = (cost: number) => HEIGHT - BOTTOM - ((Math.log10(cost) - minY) / (maxY - minY)) * (HEIGHT - BOTTOM - TOP);
  const grid: string[] = [];
  for (let decade = minX; decade <= maxX; decade++) {
    const at = x(10 ** decade).toFixed(1);
    grid.push(`<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}" stroke="#d0d7de"/>`);
    grid.push(`<text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${power(decade)}</text>`);
  }
  for (let decade = minY; decade <= maxY; decade++) {
    const at = y(10 ** decade).toFixed(1);
    grid.push(`<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#d0d7de"/>`);
    grid.push(`<text x="${LEFT - 8}" y="${Number(at) + 4}" text-anchor="end">${power(decade)}</text>`);
  }
  const drawn = lines.map(({ name, points }, index) => {
    const color = COLORS[index % COLORS.length];
    const shown = points
      .filter(({ cost }) => cost > 0)
      .map(({ size, cost }) => [x(size).toFixed(1), y(cost).toFixed(1)]);
    const dots = shown.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="3" fill="${color}"/>`).join('');
    const label = `<text x="${WIDTH - RIGHT + 12}" y="${TOP + 14 + index * 18}" fill="${color}">${name}</text>`;
    return `<path d="M${shown.map((point) => point.join(' ')).join('L')}" fill="none" stroke="${color}"/>${dots}${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="15">${title}</text>
${grid.join('\n')}
${drawn.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${xLabel}</text>
<text transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>
</svg>
`;
}

/** The powers of ten around values. */
function decades(values: readonly number[]): [number, number] {
  const logs = values.map((value) => Math.log10(value));
  const low = Math.floor(Math.min(...logs));
  return [low, Math.max(low + 1, Math.ceil(Math.max(...logs)))];
}

function power(decade: number): string {
  if (decade >= 0 && decade < 4) return String(10 ** decade);
  if (decade < 0 && decade > -4) return String(Number((10 ** decade).toPrecision(1)));
  return `10<tspan dy="-4" font-size="9">${decade}</tspan>`;
}
