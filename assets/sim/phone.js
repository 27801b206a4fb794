'use strict';
// One phone. Its whole state is the simulator's; this asks for it every second and draws what is new.
(() => {
  const $ = (id) => document.getElementById(id);
  const phone = $('phone');
  const user = phone.dataset.user;
  let after = 0;
  let epoch = null;
  let menuText = '';
  let codesText = '';
  let unread = 0;
  let lastShownAt = 0;
  let started = false;

  /** An element with properties, attributes (as data-…) and children. */
  function make(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    const { testid, data, ...rest } = props;
    Object.assign(node, rest);
    if (testid) node.dataset.testid = testid;
    for (const [key, value] of Object.entries(data || {})) node.dataset[key] = value;
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  let toastTimer;
  function toast(text) {
    $('toast').textContent = text;
    $('toast').hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { $('toast').hidden = true; }, 2500);
  }

  /** Calls the control API as this user; a refusal becomes a toast and null. */
  async function act(path, body) {
    // What one did oneself shows at once, however long the account takes to answer.
    setTimeout(poll, 60);
    try {
      const answer = await fetch(path, { method: 'POST', body: JSON.stringify({ user, ...body }) });
      const result = await answer.json();
      if (!answer.ok) toast(result.message);
      poll();
      return answer.ok ? result : null;
    } catch {
      toast('模拟微信没有响应');
      return null;
    }
  }

  // --- what the simulator says ---

  const HM = { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Shanghai' };
  const MD = { month: 'long', day: 'numeric', timeZone: 'Asia/Shanghai' };
  const format = (at, form) => new Intl.DateTimeFormat('zh-CN', form).format(new Date(at));
  const when = (at) => `${format(at, MD)} ${format(at, HM)}`;

  let polling = false;
  let again = false;
  async function poll() {
    if (polling) { again = true; return; }
    polling = true;
    try {
      const answer = await fetch(`/phone/${encodeURIComponent(user)}/state?after=${after}`);
      if (answer.status === 404) { location.reload(); return; }
      draw(await answer.json());
    } catch { /* the simulator is restarting: the next second asks again */ }
    polling = false;
    if (again) { again = false; poll(); }
  }

  function draw(state) {
    if (epoch !== null && epoch !== state.epoch) { location.reload(); return; }
    epoch = state.epoch;
    $('clock').textContent = format(state.now, HM);
    $('owner').textContent = `${state.user.nickname} ${state.user.phone}`;
    drawFollowing(state.user.following);
    drawMenu(state.menu);
    drawCodes(state.codes, state.now);
    drawPayCodes(state.pay_codes);
    drawAsked(state.asked);
    $('account-name').textContent = state.typing ? '对方正在输入…' : '泉城工会';
    for (const item of state.items) {
      if (item.seq <= after) continue;
      after = item.seq;
      if (item.kind === 'sms') drawSms(item); else drawMessage(item);
    }
    started = true;
  }

  function drawFollowing(following) {
    const changed = phone.dataset.following !== String(following);
    phone.dataset.following = following;
    if (changed && following) $('messages').scrollTop = $('messages').scrollHeight;
    $('profile').hidden = following;
    $('bottom').hidden = !following;
    $('account-menu').hidden = !following;
    if (!following) $('account-sheet').hidden = true;
  }

  // --- the chat ---

  function drawMessage(item) {
    const list = $('messages');
    const low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    if (item.at - lastShownAt > 180000) list.append(make('div', { className: 'when', textContent: when(item.at) }));
    lastShownAt = item.at;
    const row = bodies[item.kind] ? bodies[item.kind](item) : null;
    if (!row) return;
    row.dataset.testid = 'message';
    row.dataset.seq = item.seq;
    row.dataset.kind = item.kind;
    list.append(row);
    if (low || item.kind === 'said' || item.kind === 'sent' || !started) list.scrollTop = list.scrollHeight;
  }

  const account = () => make('span', { className: 'avatar', textContent: '泉', ariaHidden: 'true' });
  const bodies = {
    said: (item) => mine(make('div', { className: 'bubble', textContent: item.text })),
    sent: (item) => mine(sent(item)),
    text: (item) => make('div', { className: 'message' }, account(), bubble(item.text)),
    trouble: (item) => make('div', { className: 'notice trouble', textContent: item.text }),
    notice: (item) => make('div', { className: 'notice', textContent: item.text }),
    image: (item) => make('div', { className: 'message' }, account(), picture(item.url)),
    voice: () => make('div', { className: 'message' }, account(), make('div', { className: 'bubble' }, '🔊 语音')),
    video: (item) => make('div', { className: 'message' }, account(),
      file('▶', item.title || '视频', item.description, () => openPage(new URL(`/sim/media/${item.media_id}`, location.href).href, item.title || '视频'))),
    music: (item) => make('div', { className: 'message' }, account(),
      file('♪', item.title || '音乐', item.description, () => openPage(item.url, item.title || '音乐'))),
    mini: (item) => make('div', { className: 'message' }, account(),
      file('小', item.title || '小程序', item.page_path, () => toast(`打开小程序 ${item.page_path}`))),
    msgmenu: (item) => make('div', { className: 'message' }, account(), answers(item)),
    subscribe: (item) => make('div', { className: 'message template' }, templateCard(item)),
    template: (item) => make('div', { className: 'message template' }, templateCard(item)),
    news: (item) => make('div', { className: 'message template' }, make('div', { className: 'card' }, ...item.articles.map(article))),
  };

  function mine(body) {
    const me = make('span', { className: 'avatar avatar-me', textContent: $('owner').textContent[0], ariaHidden: 'true' });
    return make('div', { className: 'message mine' }, me, body);
  }

  /** A picture has no height until it is loaded: who was reading the end stays there. */
  function picture(url) {
    const list = $('messages');
    const low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    const shown = () => { if (low) list.scrollTop = list.scrollHeight; };
    return make('img', { className: 'picture', testid: 'picture', src: url, alt: '图片', onload: shown });
  }

  /** A card with a sign, a title and a line below it. */
  function file(sign, title, line, open) {
    return make('button', { type: 'button', className: 'file', testid: 'file-open', onclick: open },
      make('span', { className: 'file-sign', textContent: sign, ariaHidden: 'true' }),
      make('span', {}, title, line ? make('small', { textContent: line }) : null));
  }

  /** What one sent oneself. */
  function sent(item) {
    switch (item.msg_type) {
      case 'image': return picture(item.url);
      case 'voice': return make('div', { className: 'bubble' }, `🔊 语音${item.text ? `：${item.text}` : ''}`);
      case 'location': return file('位', item.text || '位置', '位置', () => toast(item.text));
      case 'link': return file('链', item.text, item.url, () => openPage(item.url, item.text));
      default: return file('▶', '视频', '', () => toast('视频'));
    }
  }

  /** A question and the answers one taps: each is a text that names itself. */
  function answers(item) {
    const answer = ({ id, content }) => make('button', {
      type: 'button', className: 'answer', testid: 'msgmenu-item', data: { id }, textContent: content,
      onclick: () => act('/sim/say', { text: content, menu_id: id }),
    });
    return make('div', { className: 'bubble' }, item.head, ...item.items.map(answer), item.tail);
  }

  /** Text with its addresses tappable: bare ones, and the <a href> which WeChat allows in replies. */
  function bubble(text) {
    const node = make('div', { className: 'bubble' });
    const pattern = /<a\s[^>]*?href=["']([^"']+)["'][^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'，。；）]+)/gi;
    let from = 0;
    for (const found of text.matchAll(pattern)) {
      node.append(text.slice(from, found.index));
      const url = found[1] || found[3];
      const label = found[2] || found[3];
      node.append(make('a', {
        href: url, testid: 'text-link', textContent: label,
        onclick: (event) => { event.preventDefault(); openPage(url, label); },
      }));
      from = found.index + found[0].length;
    }
    node.append(text.slice(from));
    return node;
  }

  function templateCard(item) {
    const field = ({ key, label, value }) => make('div', { testid: 'template-field', data: { key } },
      make('dt', { textContent: label }), make('dd', { textContent: value }));
    const from = make('div', { className: 'card-from' }, account(), '泉城工会');
    const open = item.url
      ? make('button', { type: 'button', className: 'card-open', testid: 'template-open', textContent: '查看详情', onclick: () => openPage(item.url, item.title) })
      : null;
    return make('article', { className: 'card', testid: 'template-card', data: { template: item.template_id, url: item.url } },
      from, make('h2', { textContent: item.title }), make('dl', {}, ...item.fields.map(field)), open);
  }

  function article(entry) {
    const text = make('span', {}, entry.title, entry.description ? make('small', { textContent: entry.description }) : null);
    return make('button', { type: 'button', className: 'news-open', testid: 'news-open', onclick: () => openPage(entry.url, entry.title) }, text);
  }

  $('follow-button').addEventListener('click', async () => {
    $('follow-button').disabled = true;
    await act('/sim/follow', {});
    $('follow-button').disabled = false;
  });
  $('account-menu').addEventListener('click', () => {
    const sheet = $('account-sheet');
    sheet.hidden = !sheet.hidden;
    $('account-menu').setAttribute('aria-expanded', String(!sheet.hidden));
  });
  $('unfollow-button').addEventListener('click', () => {
    $('account-sheet').hidden = true;
    act('/sim/unfollow', {});
  });

  // --- the bottom bar ---

  function keyboard(on) {
    $('menu-row').hidden = on;
    $('say-row').hidden = !on;
    $('more-row').hidden = true;
    $('toggle-more').setAttribute('aria-expanded', 'false');
    if (on) $('say-input').focus();
  }
  $('toggle-keyboard').addEventListener('click', () => keyboard(true));
  $('toggle-menu').addEventListener('click', () => keyboard(false));
  $('say-input').addEventListener('input', () => { $('say-send').disabled = !$('say-input').value.trim(); });
  $('say-row').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = $('say-input').value.trim();
    if (!text) return;
    $('say-input').value = '';
    $('say-send').disabled = true;
    act('/sim/say', { text });
  });

  function drawMenu(menu) {
    const text = JSON.stringify(menu);
    if (text === menuText) return;
    menuText = text;
    const box = $('menu');
    box.replaceChildren();
    if (!menu) {
      const how = make('code', { textContent: 'yuanmeng menu push' });
      box.append(make('p', { className: 'menu-empty', testid: 'menu-empty' }, '公众号还没有菜单。请运行 ', how, ' 推送。'));
      return;
    }
    menu.button.forEach((button, i) => box.append(menuSlot(button, i)));
  }

  function menuSlot(button, i) {
    const subs = button.type ? [] : button.sub_button;
    const top = make('button', { type: 'button', testid: `menu-${i}`, textContent: button.name });
    if (!subs.length) {
      top.onclick = () => { closeSubmenus(); tap([i], button); };
      return make('div', { className: 'menu-slot' }, top);
    }
    const list = make('div', { className: 'submenu', hidden: true });
    subs.forEach((sub, j) => list.append(make('button', {
      type: 'button', testid: `menu-${i}-${j}`, textContent: sub.name,
      onclick: () => { closeSubmenus(); tap([i, j], sub); },
    })));
    top.setAttribute('aria-haspopup', 'true');
    top.setAttribute('aria-expanded', 'false');
    top.onclick = () => {
      const show = list.hidden;
      closeSubmenus();
      list.hidden = !show;
      top.setAttribute('aria-expanded', String(show));
    };
    return make('div', { className: 'menu-slot' }, top, list);
  }

  function closeSubmenus() {
    for (const list of document.querySelectorAll('.submenu')) list.hidden = true;
    for (const top of document.querySelectorAll('.menu-slot > [aria-expanded]')) top.setAttribute('aria-expanded', 'false');
  }
  document.addEventListener('click', (event) => { if (!event.target.closest('.menu-slot')) closeSubmenus(); });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') closeSubmenus(); });

  async function tap(path, button) {
    const extra = {};
    if (button.type.startsWith('scancode_')) {
      const scan = window.prompt('要扫的二维码的内容', location.origin);
      if (scan === null) return;
      extra.scan = scan;
    }
    const result = await act('/sim/tap', { path, ...extra });
    if (!result) return;
    if (result.type === 'view') openPage(result.url, button.name);
    if (result.type === 'miniprogram') toast(`打开小程序 ${result.pagepath}`);
    if (result.type === 'scancode_push') {
      if (/^https?:\/\//.test(result.scan)) openPage(result.scan, '扫码结果'); else toast(result.scan);
    }
    if (result.unsupported) toast('模拟手机没有这种按钮的功能');
  }

  // --- what else can be sent ---

  const samples = {
    link: { title: '求学圆梦行动', description: '我收藏的文章', url: 'http://127.0.0.1:8080/' },
  };
  $('toggle-more').addEventListener('click', () => {
    $('more-row').hidden = !$('more-row').hidden;
    $('toggle-more').setAttribute('aria-expanded', String(!$('more-row').hidden));
  });
  for (const button of document.querySelectorAll('#more-row button')) {
    button.addEventListener('click', () => {
      const kind = button.dataset.kind;
      if (kind === 'image') $('send-image').click(); else act('/sim/send', { kind, ...samples[kind] });
    });
  }
  $('send-image').addEventListener('change', () => {
    const [chosen] = $('send-image').files;
    if (!chosen) return;
    const reader = new FileReader();
    reader.onload = () => act('/sim/send', { kind: 'image', data: reader.result.split(',')[1] });
    reader.readAsDataURL(chosen);
    $('send-image').value = '';
  });

  // --- 订阅通知: what a page asked for ---

  let askedText = '[]';
  function drawAsked(asked) {
    const text = JSON.stringify(asked);
    if (text === askedText) return;
    askedText = text;
    $('subscribe').hidden = !asked.length;
    const row = ({ id, title }) => make('label', {},
      make('input', { type: 'checkbox', checked: true, value: id, testid: 'subscribe-item' }), title);
    $('subscribe-list').replaceChildren(...asked.map(row));
    if (asked.length) $('subscribe-allow').focus();
  }
  /** Tells the page that asked, if one did here; `null`: nothing was answered. */
  let tellAsker = () => {};
  async function answerAsked(allow) {
    const boxes = [...$('subscribe-list').querySelectorAll('input')];
    const choice = (box) => [box.value, allow && box.checked ? 'accept' : 'reject'];
    const choices = Object.fromEntries(boxes.map(choice));
    $('subscribe').hidden = true;
    const tell = tellAsker;
    tellAsker = () => {};
    tell(await act('/sim/subscribe', { templates: choices }) ? choices : null);
  }
  /** A page's wx-open-subscribe was tapped: the popup, and what is chosen in it. */
  async function askToSubscribe(templates) {
    if (!await act('/sim/subscribe/ask', { templates })) return null;
    tellAsker(null);
    return new Promise((told) => { tellAsker = told; });
  }
  $('subscribe-allow').addEventListener('click', () => answerAsked(true));
  $('subscribe-deny').addEventListener('click', () => answerAsked(false));

  // --- SMS ---

  function drawSms(item) {
    const text = make('p', { testid: 'sms-text', textContent: item.text });
    const copy = item.code
      ? make('button', { type: 'button', className: 'code', testid: 'sms-copy', onclick: () => copyCode(item.code) },
        make('span', { textContent: '复制验证码' }), make('strong', { testid: 'sms-code', textContent: item.code }))
      : null;
    const empty = $('sms-list').querySelector('.empty');
    if (empty) empty.remove();
    $('sms-list').prepend(make('div', { className: 'sms', testid: 'sms-item', data: { seq: item.seq } },
      make('time', { textContent: when(item.at) }), text, copy));
    if (!started) return;
    if ($('screen-sms').hidden) { unread += 1; drawUnread(); }
    banner(item);
  }

  function drawUnread() {
    $('sms-unread').hidden = unread === 0;
    $('sms-unread').textContent = unread;
  }

  let bannerTimer;
  function banner(item) {
    $('sms-banner-text').textContent = item.text;
    $('sms-banner-copy').hidden = !item.code;
    $('sms-banner-code').textContent = item.code || '';
    $('sms-banner').hidden = false;
    clearTimeout(bannerTimer);
    bannerTimer = setTimeout(closeBanner, 12000);
  }
  function closeBanner() { $('sms-banner').hidden = true; }
  $('sms-banner-close').addEventListener('click', closeBanner);
  $('sms-banner-open').addEventListener('click', () => { closeBanner(); show('sms'); });
  $('sms-banner-copy').addEventListener('click', () => { copyCode($('sms-banner-code').textContent); closeBanner(); });

  async function copyCode(code) {
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      // Without the clipboard permission (plain http on another host, a frame): the old way.
      const field = make('textarea', { value: code });
      document.body.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    toast('验证码已复制');
  }

  // --- 扫一扫 ---

  function drawCodes(codes, now) {
    const text = JSON.stringify(codes) + codes.filter((code) => code.until && code.until <= now).length;
    if (text === codesText) return;
    codesText = text;
    $('scan-list').replaceChildren(...codes.map((code) => scanItem(code, now)));
    if (!codes.length) $('scan-list').append(make('p', { className: 'empty', textContent: '还没有生成过二维码。' }));
  }

  function scanItem(code, now) {
    const over = code.until !== null && code.until <= now;
    const until = code.until === null ? '永久有效' : `${when(code.until)} ${over ? '已过期' : '前有效'}`;
    const img = make('img', { src: `/cgi-bin/showqrcode?ticket=${encodeURIComponent(code.ticket)}`, alt: '二维码' });
    const scan = make('button', {
      type: 'button', className: 'button button-small', testid: 'scan-button', textContent: '扫这个码', disabled: over,
      onclick: async () => { if (await act('/sim/scan', { ticket: code.ticket })) show('chat'); },
    });
    return make('div', { className: 'scan', testid: 'scan-item', data: { ticket: code.ticket, scene: code.scene } },
      img, make('div', {}, make('b', { textContent: code.scene }), make('time', { textContent: until }), scan));
  }

  $('scan-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const scene = $('scan-input').value.trim();
    if (scene.startsWith('weixin://wxpay/')) { scanToPay(scene); return; }
    if (!scene) { toast('请输入场景值'); return; }
    if (await act('/sim/scan', { scene })) { $('scan-input').value = ''; show('chat'); }
  });

  // --- 微信支付: the cashier, and what a page asks of WeChat through WeixinJSBridge ---

  let payCodesText = '[]';
  function drawPayCodes(codes) {
    const text = JSON.stringify(codes);
    if (text === payCodesText) return;
    payCodesText = text;
    const item = ({ code_url, description, amount }) => make('div', { className: 'scan', testid: 'pay-code', data: { code: code_url } },
      make('div', { className: 'pay-code' }, make('b', { textContent: `收款码 ¥${amount}` }), make('span', { textContent: description }),
        make('button', { type: 'button', className: 'button button-small', textContent: '扫码支付', onclick: () => scanToPay(code_url) })));
    $('pay-codes').replaceChildren(...codes.map(item));
  }

  async function scanToPay(code_url) {
    const outcome = await cashier({ code_url });
    if (outcome === 'ok') { $('scan-input').value = ''; toast('支付成功'); }
  }

  /** Shows the cashier; `ok`, `cancel` or `fail`, as WeChat tells the page. */
  async function cashier(ask) {
    const order = await act('/sim/pay/cashier', ask);
    if (!order) return 'fail';
    $('pay-merchant').textContent = order.merchant;
    $('pay-amount').textContent = order.amount;
    $('pay-description').textContent = order.description;
    $('pay-sheet').hidden = false;
    $('pay-confirm').focus();
    const confirmed = await new Promise((choose) => {
      $('pay-confirm').onclick = () => choose(true);
      $('pay-cancel').onclick = () => choose(false);
    });
    $('pay-sheet').hidden = true;
    if (!confirmed) return 'cancel';
    return await act('/sim/pay/confirm', { prepay_id: order.prepay_id }) ? 'ok' : 'fail';
  }

  /** A page's signature for the JS-SDK, as WeChat checks it before it lets the page call anything. */
  let verified = false;
  async function verify(config) {
    const checked = await act('/sim/jssdk', config);
    verified = Boolean(checked && checked.ok);
    if (checked && !checked.ok) toast(checked.error);
    return checked;
  }

  /** WeChat's map with the place that a page opened. */
  function openPlace(place) {
    const right = [place.latitude, place.longitude].every((number) => typeof number === 'number' && Number.isFinite(number));
    if (!verified || !right || !place.name) return false;
    $('place-name').textContent = place.name;
    $('place-address').textContent = place.address || '';
    $('place-point').textContent = `纬度 ${place.latitude.toFixed(6)}　经度 ${place.longitude.toFixed(6)}`;
    $('place-sheet').hidden = false;
    $('place-close').focus();
    return true;
  }
  $('place-close').onclick = () => { $('place-sheet').hidden = true; };

  // What jweixin.js of a page asks the phone.
  const SDK = {
    config: verify,
    openLocation: openPlace,
    subscribe: (asked) => askToSubscribe(asked.templates),
    updateAppMessageShareData: () => verified,
    updateTimelineShareData: () => verified,
  };
  window.addEventListener('message', async (event) => {
    const frame = $('webview-body').querySelector('iframe');
    if (!frame || event.source !== frame.contentWindow || !event.data || !SDK[event.data.name] || !event.data.sdk) return;
    const { sdk, name, params } = event.data;
    event.source.postMessage({ sdk, result: await SDK[name](params) }, event.origin);
  });

  window.addEventListener('message', async (event) => {
    const frame = $('webview-body').querySelector('iframe');
    if (!frame || event.source !== frame.contentWindow || !event.data || !event.data.bridge) return;
    const { bridge, name, params } = event.data;
    const answer = (result) => event.source.postMessage({ bridge, result }, event.origin);
    if (name === 'closeWindow') { history.back(); closePage(); return; }
    if (name !== 'getBrandWCPayRequest') { answer({ err_msg: `${name}:fail` }); return; }
    answer({ err_msg: `get_brand_wcpay_request:${await cashier({ params })}` });
  });

  // --- the three screens ---

  function show(tab) {
    for (const button of document.querySelectorAll('.tabs button')) {
      button.setAttribute('aria-selected', String(button.dataset.tab === tab));
    }
    for (const name of ['chat', 'sms', 'scan']) $(`screen-${name}`).hidden = name !== tab;
    // A page that is open belongs to 微信: reading an SMS meanwhile must not lose what was typed in it.
    $('webview').hidden = opened === null || tab !== 'chat';
    if (tab === 'sms') { unread = 0; drawUnread(); closeBanner(); }
  }
  for (const button of document.querySelectorAll('.tabs button[data-tab]')) {
    button.addEventListener('click', () => show(button.dataset.tab));
  }

  // --- the webview ---
  // Page and phone are of different origins, so the frame's own history cannot be read. An entry of our own under
  // its entries makes the back key leave the page first, then close the webview, and never leave the phone.

  let opened = null;
  function openPage(url, title) {
    if (!/^https?:\/\//.test(url)) { toast('这不是网页地址'); return; }
    if (opened === null) history.pushState({ webview: true }, '');
    opened = url;
    $('webview-title').replaceChildren(title, make('small', { textContent: new URL(url).host }));
    $('webview-newtab').href = `/phone/${encodeURIComponent(user)}/open?url=${encodeURIComponent(url)}`;
    show('chat');
    loadPage();
  }

  function loadPage() {
    const loading = make('div', { className: 'loading' });
    const frame = make('iframe', {
      testid: 'webview-frame', title: '网页', src: $('webview-newtab').href, allow: 'clipboard-write; camera',
      onload: () => loading.remove(),
    });
    $('webview-body').replaceChildren(loading, frame);
  }

  function closePage() {
    opened = null;
    $('webview').hidden = true;
    $('webview-body').replaceChildren();
  }

  // The owner's APP: its webview is a page like WeChat's, opened by a ticket.
  $('app-open').addEventListener('click', () =>
    openPage(`${location.origin}/phone/${encodeURIComponent(user)}/app?next=/apply`, '齐鲁工惠 APP'));

  $('webview-reload').addEventListener('click', loadPage);
  $('webview-back').addEventListener('click', () => history.back());
  $('webview-close').addEventListener('click', closePage);
  window.addEventListener('popstate', (event) => {
    if (opened !== null && !(event.state && event.state.webview)) closePage();
  });

  $('sms-list').append(make('p', { className: 'empty', textContent: '还没有短信。' }));
  poll();
  setInterval(poll, 1000);
})();
