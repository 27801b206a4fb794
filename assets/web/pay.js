// Paying inside WeChat and waiting for a scanned code.
//
//   <button type="button" data-pay="/…" data-after="/…">微信支付</button> <p data-pay-says role="status" hidden></p>
//     POST data-pay (with the page's CSRF token) gives the cashier's parameters as JSON, or {"error":{"message"}}; after the
//     cashier data-after is opened, where the server asks WeChat Pay: what the browser says is not believed.
//   <div data-pay-wait="/…" data-after="/…">
//     GET data-pay-wait every two seconds gives {"state"}; data-after is opened once it is neither created nor paying.
(function () {
  'use strict';
  function csrf() { return document.querySelector('meta[name=csrf]').content; }
  function says(text) {
    var place = document.querySelector('[data-pay-says]');
    if (place) { place.textContent = text; place.hidden = !text; }
  }
  // WeChat puts the bridge into the page a little after it has loaded.
  function bridge(found, missing) {
    if (window.WeixinJSBridge) { found(window.WeixinJSBridge); return; }
    var timer = setTimeout(function () { document.removeEventListener('WeixinJSBridgeReady', ready); missing(); }, 3000);
    function ready() { clearTimeout(timer); found(window.WeixinJSBridge); }
    document.addEventListener('WeixinJSBridgeReady', ready, { once: true });
  }
  function pay(button) {
    button.disabled = true;
    says('正在打开微信支付…');
    function over(text) { button.disabled = false; says(text); }
    bridge(function (weixin) {
      fetch(button.dataset.pay, { method: 'POST', credentials: 'same-origin', headers: { 'Accept': 'application/json', 'x-csrf-token': csrf() } })
        .then(function (answer) { return answer.json().then(function (body) { return answer.ok ? body : Promise.reject(body); }); })
        .then(function (params) {
          weixin.invoke('getBrandWCPayRequest', params, function (result) {
            var word = result && result.err_msg;
            if (word === 'get_brand_wcpay_request:ok') { says('支付完成，正在确认…'); location.assign(button.dataset.after); return; }
            over(word === 'get_brand_wcpay_request:cancel' ? '您取消了支付，没有扣款，可以重新支付。' : '支付没有完成，没有扣款，请重新支付。');
          });
        })
        .catch(function (body) { over(body && body.error ? body.error.message : '网络不通，没有扣款，请重试。'); });
    }, function () { over('请在微信中打开这个页面支付，或在电脑上扫码支付。'); });
  }
  function wait(place) {
    setInterval(function () {
      if (document.hidden) return;
      fetch(place.dataset.payWait, { credentials: 'same-origin', headers: { 'Accept': 'application/json' } })
        .then(function (answer) { return answer.json(); })
        .then(function (body) { if (body.state && body.state !== 'created' && body.state !== 'paying') location.assign(place.dataset.after); })
        .catch(function () {});
    }, 2000);
  }
  function start() {
    document.querySelectorAll('[data-pay]').forEach(function (button) { button.addEventListener('click', function () { pay(button); }); });
    document.querySelectorAll('[data-pay-wait]').forEach(wait);
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start); else start();
})();
