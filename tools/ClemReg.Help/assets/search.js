// Looks the words up in the sections of all pages. The list is a script, because a page on disk may load nothing else.
(function () {
  const box = document.getElementById('search'), results = document.getElementById('results'), article = document.querySelector('article');
  const root = document.body.dataset.root;
  if (matchMedia('(max-width: 760px)').matches) document.querySelector('nav details').open = false;
  const current = document.querySelector('nav a[aria-current]');
  if (current) document.querySelector('nav').scrollTop = current.offsetTop - 160;
  let loading = null;
  function load() {
    if (!loading) loading = new Promise(function (done) {
      const script = document.createElement('script');
      script.src = root + 'search-index.js';
      script.onload = done;
      document.head.append(script);
    });
    return loading;
  }
  function show() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    results.hidden = words.length === 0;
    article.hidden = words.length > 0;
    results.replaceChildren();
    if (words.length === 0) return;
    const found = [];
    for (const [page, section, address, text] of window.clemSections) {
      const title = (page + ' ' + section).toLowerCase(), body = text.toLowerCase();
      let score = 0;
      for (const word of words) {
        const inTitle = title.includes(word), at = body.indexOf(word);
        if (!inTitle && at < 0) { score = -1; break; }
        score += inTitle ? 10 : 1;
        if (at >= 0 && (at === 0 || /\W/.test(body[at - 1]))) score += 1;
      }
      if (score >= 0 && body.includes(words.join(' '))) score += 4;
      if (score >= 0) found.push({ score, page, section, address, text });
    }
    found.sort((a, b) => b.score - a.score);
    const heading = document.createElement('h2');
    heading.textContent = found.length === 0 ? 'Nothing found. Try fewer or other words.' : found.length + (found.length === 1 ? ' place' : ' places');
    const list = document.createElement('ul');
    for (const item of found.slice(0, 40)) {
      const line = document.createElement('li'), link = document.createElement('a'), around = document.createElement('small');
      link.href = root + item.address;
      link.textContent = item.page + (item.section && item.section !== item.page ? ': ' + item.section : '');
      link.addEventListener('click', () => { box.value = ''; show(); });
      const lower = item.text.toLowerCase(), at = Math.max(0, Math.min(...words.map(w => lower.indexOf(w)).filter(i => i >= 0).concat(lower.length)) - 60);
      mark(around, (at > 0 ? '…' : '') + item.text.substr(at >= lower.length ? 0 : at, 200) + '…', words);
      line.append(link, around);
      list.append(line);
    }
    results.append(heading, list);
  }
  function mark(into, text, words) {
    const lower = text.toLowerCase();
    for (let at = 0; at < text.length;) {
      let next = text.length, length = 0;
      for (const word of words) {
        const i = lower.indexOf(word, at);
        if (i >= 0 && i < next) { next = i; length = word.length; }
      }
      into.append(text.slice(at, next));
      if (next === text.length) break;
      const marked = document.createElement('mark');
      marked.textContent = text.substr(next, length);
      into.append(marked);
      at = next + length;
    }
  }
  box.addEventListener('focus', load);
  box.addEventListener('input', () => load().then(show));
  document.addEventListener('keydown', function (e) {
    if (e.key === '/' && document.activeElement !== box) { e.preventDefault(); box.focus(); }
    else if (e.key === 'Escape' && document.activeElement === box) { box.value = ''; show(); box.blur(); }
    else if (e.key === 'Enter' && document.activeElement === box) { const first = results.querySelector('a'); if (first) location.href = first.href; }
  });
})();
