'use strict';
// In WeChat the client gives each page a WeixinJSBridge. Here the page lies in a frame of the simulated phone, which is of
// another origin: it is asked by messages. Pages of the demo load this; it does nothing outside a phone.
(() => {
  if (window.parent === window || window.WeixinJSBridge) return;
  const phone = new URL(document.currentScript.src).origin;
  const waiting = new Map();
  let last = 0;
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || event.origin !== phone || !event.data) return;
    const callback = waiting.get(event.data.bridge);
    waiting.delete(event.data.bridge);
    if (callback) callback(event.data.result);
  });
  window.WeixinJSBridge = {
    invoke(name, params, callback) {
      last += 1;
      if (callback) waiting.set(last, callback);
      window.parent.postMessage({ bridge: last, name, params }, phone);
    },
    call(name) { this.invoke(name, {}); },
    on() {},
  };
  document.dispatchEvent(new Event('WeixinJSBridgeReady'));
})();
