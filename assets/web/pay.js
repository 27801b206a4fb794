// 缴费: opens WeChat's cashier through its bridge, and asks the server whether it is paid: the bridge's word is worth nothing.
(function () {
'use strict';
document.addEventListener('DOMContentLoaded', function () {
  var ym = window.ym, box = ym.$('[data-pay]'), button = ym.$('#pay-now'), line = ym.$('#pay-state'), again = ym.$('#pay-again');
  if (!box) return;
  var asked = 0, over = false;
  function say(text) { line.textContent = text; }
  function look(ask) {
    return fetch(box.dataset.state + (ask ? '&ask=1' : ''), { credentials: 'same-origin', headers: { 'Accept': 'application/json' } })
      .then(ym.answer).then(function (b) {
        if (b.state === 'paid') { over = true; say('已收到您的缴费'); location.replace(box.dataset.done); }
        if (b.state === 'over') { over = true; say('缴费时间已过，没有产生费用。'); again.hidden = false; if (button) button.disabled = true; }
        return b.state;
      }, function () {});
  }
  // Every two seconds from our own store; every twenty from WeChat Pay.
  function watch() {
    if (over) return;
    if (document.hidden) { setTimeout(watch, 2000); return; }
    asked++;
    look(asked % 10 === 0).then(function () { setTimeout(watch, 2000); });
  }
  setTimeout(watch, 2000);
  if (!button) return;
  function bridge(then) {
    if (window.WeixinJSBridge) { then(); return; }
    document.addEventListener('WeixinJSBridgeReady', then, { once: true });
    setTimeout(function () { if (!window.WeixinJSBridge) { button.disabled = false; say('请在微信中打开本页付款，或换电脑扫码付款。'); } }, 4000);
  }
  button.addEventListener('click', function () {
    button.disabled = true;
    say('正在打开微信支付…');
    ym.post(box.dataset.pay, {}).then(function (params) {
      bridge(function () {
        window.WeixinJSBridge.invoke('getBrandWCPayRequest', params, function (res) {
          button.disabled = false;
          var word = (res && res.err_msg || '').split(':')[1];
          if (word === 'cancel') { say('您取消了付款，可以再次点击付款。'); return; }
          if (word !== 'ok') { say('微信支付没有完成，请再试一次。'); }
          else say('正在确认付款结果…');
          look(true);
        });
      });
    }, function (e) {
      button.disabled = false;
      if (ym.signedOut(e)) location.reload(); else say(e.message);
    });
  });
});
})();
