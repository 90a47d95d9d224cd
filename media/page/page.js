// Runs in the page: tells the editor which button was pressed, and shows what a verification said.
const editor = acquireVsCodeApi();
document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[data-action]') : null;
  if (button) editor.postMessage({ action: button.dataset.action, argument: button.dataset.argument });
});
window.addEventListener('message', ({ data }) => {
  const verdict = document.getElementById('verdict');
  if (verdict && typeof data?.verdict === 'string') verdict.innerHTML = data.verdict;
});
// A package may hold anything as an icon: what is no picture leaves its place empty, as where there is none.
for (const image of document.images) {
  image.decode().catch(() => {
    const place = document.createElement('span');
    place.className = `${image.className} none`;
    place.ariaHidden = 'true';
    image.replaceWith(place);
  });
}
