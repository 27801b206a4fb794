'use strict';
// Who holds which phone stays in the address, so that a reload keeps it.
for (const select of document.querySelectorAll('select[data-side]')) {
  select.addEventListener('change', () => hold(select.dataset.side, select.value));
}

function hold(side, user) {
  const path = '/phone/' + encodeURIComponent(user);
  // A new frame rather than a new address: the browser's back key must not bring the former phone back.
  const frame = document.querySelector(`iframe[data-side="${side}"]`);
  const fresh = frame.cloneNode();
  fresh.src = path;
  frame.replaceWith(fresh);
  document.querySelector(`[data-testid="desk-${side}"] a`).href = path;
  const query = new URLSearchParams(location.search);
  query.set(side, user);
  history.replaceState(null, '', '?' + query);
}

const dialog = document.getElementById('new-user-dialog');
const form = document.getElementById('new-user-form');
const error = form.querySelector('.form-error');
document.getElementById('new-user').addEventListener('click', () => {
  form.reset();
  error.hidden = true;
  dialog.showModal();
});
document.getElementById('new-user-cancel').addEventListener('click', () => dialog.close());

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ ...Object.fromEntries(new FormData(form)), role: '职工' });
  const answer = await fetch('/sim/users', { method: 'POST', body });
  const result = await answer.json();
  if (!answer.ok) {
    error.textContent = result.message;
    error.hidden = false;
    return;
  }
  dialog.close();
  for (const select of document.querySelectorAll('select[data-side]')) {
    const known = [...select.options].find((option) => option.value === result.user);
    const option = known || select.appendChild(new Option('', result.user));
    option.textContent = `${result.nickname}（${result.role || '职工'}） ${result.phone}`;
  }
  const left = document.querySelector('select[data-side="left"]');
  left.value = result.user;
  hold('left', result.user);
});
