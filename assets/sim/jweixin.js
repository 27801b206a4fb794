'use strict';
// The JS-SDK as the simulated phone has it: wx.config, whose signature the phone checks as WeChat does, places on the map, cards
// that pages are shared as, and wx-open-subscribe. The phone around the page's frame is asked by messages, as in bridge.js.
(() => {
  const phone = new URL(document.currentScript.src).origin;
  const waiting = new Map();
  let last = 0;
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || event.origin !== phone || !event.data) return;
    const callback = waiting.get(event.data.sdk);
    waiting.delete(event.data.sdk);
    if (callback) callback(event.data.result);
  });
  /** What the phone answers; `null` where it refuses, or where there is none. */
  function ask(name, params) {
    if (window.parent === window) return Promise.resolve(null);
    last += 1;
    const sdk = last;
    return new Promise((told) => {
      waiting.set(sdk, told);
      window.parent.postMessage({ sdk, name, params }, phone);
    });
  }

  const callbacks = { ready: [], error: [] };
  let settled = null;
  function settle(name, detail) {
    settled = { name, detail };
    for (const callback of callbacks[name].splice(0)) callback(detail);
  }
  const on = (name) => (callback) => {
    if (settled && settled.name === name) callback(settled.detail);
    else callbacks[name].push(callback);
  };
  /** A call of the phone, with the callbacks that WeChat's calls have. */
  const call = (name) => async ({ success, fail, ...params }) => {
    const done = await ask(name, params);
    const then = done ? success : fail;
    if (then) then({ errMsg: `${name}:${done ? 'ok' : 'fail'}` });
  };
  window.wx = Object.assign(window.wx || {}, {
    openLocation: call('openLocation'),
    updateAppMessageShareData: call('updateAppMessageShareData'),
    updateTimelineShareData: call('updateTimelineShareData'),
    ready: on('ready'),
    error: on('error'),
    async config({ appId, timestamp, nonceStr, signature, openTagList = [] }) {
      const url = location.href.split('#')[0];
      const checked = await ask('config', { url, appId, timestamp, nonceStr, signature });
      if (!checked || !checked.ok) { settle('error', { errMsg: (checked && checked.error) || 'config:fail' }); return; }
      for (const tag of openTagList) if (TAGS[tag] && !customElements.get(tag)) customElements.define(tag, TAGS[tag]);
      settle('ready', { errMsg: 'config:ok' });
    },
  });

  /** Draws what stands in an element's <script type="text/wxtag-template">, out of reach of the page's styles. */
  function draw(host) {
    const slot = (style) => [...host.children]
      .filter((part) => part.type === 'text/wxtag-template' && (part.getAttribute('slot') === 'style') === style)
      .map((part) => part.textContent).join('');
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`:host{display:block}${slot(true).replace(/<\/?style>/g, '')}`);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = slot(false);
    return root;
  }

  const TAGS = {
    'wx-open-subscribe': class extends HTMLElement {
      connectedCallback() {
        if (!this.shadowRoot) draw(this).addEventListener('click', () => this.tapped());
      }
      async tapped() {
        const choices = await ask('subscribe', { templates: (this.getAttribute('template') || '').split(',') });
        const tell = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
        if (!choices) { tell('error', { errMsg: 'subscribe:fail', errCode: '10002' }); return; }
        const details = Object.entries(choices).map(([id, status]) => [id, JSON.stringify({ status })]);
        tell('success', { errMsg: 'subscribe:ok', subscribeDetails: JSON.stringify(Object.fromEntries(details)) });
      }
    },
  };
})();
