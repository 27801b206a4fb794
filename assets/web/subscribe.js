// 订阅通知 asked for inside WeChat: WeChat's own element and its popup. What the person allowed is counted by WeChat's
// event at the server; the page only shows words, and asks how the count stands.
(function () {
'use strict';
// The element's content is WeChat's to draw, out of reach of the page's stylesheet.
var STYLE = '.b{display:block;box-sizing:border-box;width:100%;min-height:48px;padding:10px 16px;border:1px solid #1660c8;border-radius:8px;' +
  'background:#fff;color:#1660c8;font:600 17px/1.5 -apple-system,"PingFang SC","Microsoft YaHei",sans-serif}';
function slot(html, name) {
  var part = document.createElement('script');
  part.type = 'text/wxtag-template';
  if (name) part.setAttribute('slot', name);
  part.textContent = html;
  return part;
}
function element(template) {
  var tag = document.createElement('wx-open-subscribe');
  tag.setAttribute('template', template);
  tag.id = 'ask-tag';
  tag.dataset.testid = 'ask-tag';
  tag.append(slot('<style>' + STYLE + '</style>', 'style'), slot('<button class="b">接收微信通知</button>'));
  return tag;
}
document.addEventListener('DOMContentLoaded', function () {
  var ym = window.ym, card = ym.$('#ask'), line = ym.$('#ask-state');
  if (!card) return;
  function say(text) { line.textContent = text; }
  // WeChat tells the server a moment after the page: looked at a few times.
  function look(tries) {
    setTimeout(function () {
      ym.load('/progress').then(function (page) {
        var now = page.getElementById('ask');
        if (now && now.dataset.granted === card.dataset.granted) { if (tries > 1) look(tries - 1); return; }
        if (now) { card.dataset.granted = now.dataset.granted; ym.swap(page, 'ask-words'); say('已允许，可以再点一次多收一条。'); return; }
        ym.$('#ask-tag').remove();
        ym.$('#ask-words').hidden = true;
        say('已全部允许，办理有进展时微信会通知您。');
      }, function () {});
    }, 1000);
  }
  function success(e) {
    // {"<template>": "{\"status\":\"accept\"}"}; of one template.
    var accepted = String(e.detail && e.detail.subscribeDetails || '').indexOf('accept') >= 0;
    say(accepted ? '已允许，办理有进展时微信会通知您。' : '这次没有允许。没有微信通知时，会用短信告诉您进展，也可以随时打开本页查看。');
    if (accepted) look(5);
  }
  function failed() { say('没有打开微信的授权窗口，请稍后再试。有进展时仍会用短信告诉您。'); }
  // Old clients have no such elements.
  document.addEventListener('WeixinOpenTagsError', function () { card.hidden = true; });
  ym.wechat().then(function () {
    var tag = element(card.dataset.template);
    tag.addEventListener('success', success);
    tag.addEventListener('error', failed);
    ym.$('#ask-button').append(tag);
    card.hidden = false;
  }, function () {});
});
})();
