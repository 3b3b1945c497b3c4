/**
 * What on the screen is hard to reach or to read: `small` targets, and text that is `cut` off. The texts around them
 * say which. A dialog makes what is behind it inert, so that only the dialog counts.
 */
async (size) => {
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.documentElement.style.fontSize = size;
  await frames();
  const TARGET_PX = 44;
  const WIDTH_PX = 390;
  const root = document.querySelector('dialog[open]') ?? document.body;
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ` +
    `“${(element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 60)}”`;
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: false }) &&
    element.closest('.visually-hidden, [inert]') === null;
  const parents = (element) => {
    const all = [];
    for (let one = element.parentElement; one; one = one.parentElement) all.push(one);
    return all;
  };
  const style = (element) => getComputedStyle(element);

  /** The area that reacts: an input reacts together with its label, a switch with its row. A link within a sentence may be small. */
  function area(element) {
    if (element.getAttribute('role') === 'switch') return element.parentElement.getBoundingClientRect();
    const label = element.closest('label') ?? element.labels?.[0];
    return (label && ['checkbox', 'radio', 'file'].includes(element.type) ? label : element).getBoundingClientRect();
  }
  const isInText = (element) => element.tagName === 'A' && style(element).display === 'inline';
  const small = [...root.querySelectorAll('a, button, input, select, textarea, summary, [role=button]')]
    .filter((element) => isShown(element) && !isInText(element))
    .filter((element) => Math.min(area(element).width, area(element).height) < TARGET_PX - 0.5)
    .map((element) => `${name(element)} ${Math.round(area(element).width)}x${Math.round(area(element).height)}`);

  /** The first ancestor that hides a part of the text and does not scroll there. Shortening on purpose shows "…". */
  function cutter(element, box) {
    for (const one of [element, ...parents(element)]) {
      const { overflowX, overflowY, position, textOverflow, webkitLineClamp } = style(one);
      if (textOverflow === 'ellipsis' || webkitLineClamp !== 'none') return null;
      const edge = one.getBoundingClientRect();
      const clips = (overflow) => overflow === 'hidden' || overflow === 'clip';
      if (clips(overflowX) && (box.right > edge.right + 1 || box.left < edge.left - 1)) return one;
      if (clips(overflowY) && (box.bottom > edge.bottom + 2 || box.top < edge.top - 2)) return one;
      if (overflowX === 'auto' || overflowX === 'scroll') return null;
      if (position === 'fixed') break;
    }
    return box.right > WIDTH_PX + 1 || box.left < -1 ? document.documentElement : null;
  }
  const widest = (page) =>
    name([...page.querySelectorAll('*')].filter((one) => isShown(one) && !scrolls(one)).reduce((a, b) => (right(a) < right(b) ? b : a)));
  const right = (element) => element.getBoundingClientRect().right;
  const scrolls = (element) => parents(element).some((one) => ['auto', 'scroll', 'hidden'].includes(style(one).overflowX));
  const cut = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !isShown(element) || element.closest('script, style')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const by = box.width > 0 && cutter(element, box);
    if (by) cut.push(`${name(element)} by ${by.tagName.toLowerCase()}.${by.getAttribute('class') ?? ''}`);
  }
  const wide = [document.scrollingElement, root.querySelector('.body')]
    .filter((one) => one && one.scrollWidth > Math.min(one.clientWidth, WIDTH_PX) + 1)
    .map((one) => `${one.tagName} ${one.scrollWidth}px: ${widest(one)}`);
  document.documentElement.style.fontSize = '';
  await frames();
  return { small, cut: [...new Set(cut)], wide };
};
