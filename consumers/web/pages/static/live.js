// The page refreshes by itself when the log moved: the server tells so on a stream; where it has none
// to give, or none for this visitor, a timer asks. A hidden tab rests.
"use strict";
(() => {
  const stream = document.body.dataset.href;
  if (!stream && !document.body.dataset.user) return;
  const REST = 1500, EVERY = 60_000, WITHOUT_STREAM = 30_000, LONGEST_WAIT = 15_000;
  const main = document.getElementById("main"), news = document.getElementById("news");
  let source, known, opened = false, ended = false, failures = 0, reopening, due, refreshed = 0, busy = false;
  const soon = () => 200 + Math.random() * 800;
  const clock = () => new Date().toISOString().slice(11, 16) + " UTC";
  let shown = clock();

  // What people read of the page; the line for a printed copy changes with every event of the log.
  const read = () => [...main.children].filter(each => !each.matches(".printed")).map(each => each.textContent).join("");

  const say = text => { if (news.textContent !== text) news.textContent = text; };

  const stale = (form, fresh) => {
    const version = each => each?.querySelector('input[name="_version"]')?.value;
    const subject = form.dataset.subject;
    if (!subject) return;
    const words = fresh === null ? `${subject} changed meanwhile, and this can no longer be recorded.`
      : version(form) !== version(fresh)
        ? `${subject} changed meanwhile. Sending this shows you first what others recorded, and keeps what you typed.`
        : "";
    forms.say(form, "changed", words);
  };

  const away = () => {
    failures += 1;
    document.body.dataset.away = "";
    say(`The server does not answer. This page shows what was recorded at ${shown}; it refreshes by itself.`);
  };
  const back = () => {
    failures = 0;
    if (document.body.dataset.away === undefined) return;
    delete document.body.dataset.away;
    say("The server answers again.");
    document.dispatchEvent(new Event("airledger:back"));
  };
  const end = () => {
    ended = true;
    close();
    say("You are no longer logged in. This page no longer refreshes; what you type is kept in this tab.");
  };

  // Asks for the page anew, and puts what changed in its place. A page that answered a form is not asked for.
  const refresh = async (moved = false) => {
    const live = main.hasAttribute("data-live");
    if (busy || ended || document.hidden || !(live || stream)) return;
    busy = true;
    refreshed = Date.now();
    try {
      const answer = await fetch(live ? location.href : stream,
        { method: live ? "GET" : "HEAD", headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.status === 401 || answer.status === 403) end();
      else if (answer.status >= 500) away();
      else {
        back();
        if (live && answer.ok) put(await answer.text(), moved);
      }
    } catch {
      away();
    } finally {
      busy = false;
    }
  };
  const put = (text, moved) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.getElementById("main");
    if (!fresh?.hasAttribute("data-live")) return;
    const before = read();
    morph(main, fresh, stale);
    document.dispatchEvent(new Event("airledger:refreshed"));
    shown = clock();
    if (moved && before !== read()) say(`Updated at ${shown}.`);
  };
  const later = moved => {
    clearTimeout(due);
    due = setTimeout(() => refresh(moved), Math.max(soon(), refreshed + REST - Date.now()));
  };

  const open = () => {
    if (!stream || ended || document.hidden || source) return;
    opened = false;
    source = new EventSource(stream);
    source.onopen = () => { opened = true; back(); };
    source.addEventListener("position", event => {
      const moved = known !== undefined && known !== event.data;
      known = event.data;
      if (moved) later(true);
    });
    source.onerror = async () => {
      close();
      await refresh();
      if (ended) return;
      const wait = failures ? Math.min(LONGEST_WAIT, 500 * 2 ** failures) : opened ? 1000 : WITHOUT_STREAM;
      reopening = setTimeout(open, wait + soon() / 2);
    };
  };
  const close = () => {
    clearTimeout(reopening);
    source?.close();
    source = undefined;
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!ended) {
      open();
      if (Date.now() - refreshed > REST) refresh(true);
    }
  });
  document.addEventListener("airledger:try", () => {
    close();
    open();
  });
  addEventListener("pagehide", close);
  setInterval(() => { if (document.body.dataset.away === undefined) refresh(); }, stream ? EVERY : WITHOUT_STREAM);
  open();
})();
