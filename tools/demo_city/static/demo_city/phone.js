const {timeZone, prefix, ...words} = document.body.dataset;
const at = id => document.getElementById(id);
const wanted = new URLSearchParams(location.search);
const shown = new Map();
let address = "", since = 0, round = 0;

function tick() {
  const locale = at("locale").value, now = new Date();
  at("clock").textContent = now.toLocaleTimeString(locale, {timeZone, hour: "2-digit", minute: "2-digit", hour12: false});
  at("day").textContent = now.toLocaleDateString(locale, {timeZone, weekday: "long", day: "numeric", month: "long"});
}

async function call(path, body, token) {
  const headers = {"Content-Type": "application/json", ...(token && {Authorization: `Bearer ${token}`})};
  const answer = await fetch(`/api/v1/${path}`, {method: "POST", headers, body: JSON.stringify(body)});
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail || answer.status);
  return content;
}

async function switchOn() {
  const account = at("account").selectedOptions[0], locale = at("locale").value, mine = ++round;
  const installation = prefix + account.value.replace(/\D/g, "");
  const signIn = {provider: "demo", phone: account.value, name: account.dataset.name, locale, installation};
  const {token} = await call("auth/sign-in", signIn);
  address = `${installation}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  await call("devices", {value: address, platform: at("platform").value, locale}, token);
  shown.clear();
  since = 0;
  draw();
  at("state").textContent = words.on;
  while (mine === round) {
    await look();
    await new Promise(wake => setTimeout(wake, 700));
  }
}

async function look() {
  const answer = await fetch(`/demo/phone/sent?address=${address}&since=${since}`).catch(() => ({ok: false}));
  at("state").textContent = answer.ok ? words.on : words.away;
  if (!answer.ok) return;
  const {sent, count} = await answer.json();
  since = count;
  for (const {message} of sent) take(message);
  if (sent.length) draw();
}

// As a phone does: one that comes twice is dropped, a newer one about the same takes the place of the older.
function take(message) {
  const tag = message.android.notification.tag;
  if (shown.get(tag)?.data.message_id === message.data.message_id) return;
  shown.delete(tag);
  shown.set(tag, {...message, came: new Date()});
}

function draw() {
  at("pushes").replaceChildren(...[...shown.values()].reverse().map(card));
  const badge = [...shown.values()].at(-1)?.apns.payload.aps.badge;
  at("badge").hidden = !badge;
  at("badge").textContent = badge;
}

function card(message) {
  const box = document.createElement("article"), android = message.android;
  box.className = "push";
  const line = (tag, text, parent = box) => parent.appendChild(Object.assign(document.createElement(tag), {textContent: text}));
  const head = line("small", "");
  line("span", `${android.notification.sound ? "🔔" : "🔕"} ${android.notification.channel_id}`, head);
  line("span", message.came.toLocaleTimeString(at("locale").value, {timeZone, hour12: false}), head);
  line("h2", message.notification.title);
  line("p", message.notification.body);
  line("code", `${message.data.link} · ${android.priority} · ${android.ttl} · #${message.data.message_id}`);
  return box;
}

function begin() {
  switchOn().catch(error => { at("state").textContent = `${words.off} ${error.message}`; });
}

at("choice").addEventListener("submit", event => { event.preventDefault(); begin(); });
at("account").addEventListener("change", () => { at("locale").value = at("account").selectedOptions[0].dataset.locale; tick(); });
at("locale").value = at("account").selectedOptions[0].dataset.locale;
if (wanted.has("account")) at("account").value = wanted.get("account");
if (wanted.has("locale")) at("locale").value = wanted.get("locale");
if (wanted.has("account")) begin();
tick();
setInterval(tick, 1000);
