// Forms: what was typed is kept in this tab until it was sent, a form is sent once, and nothing is
// sent to a server that does not answer. Hidden fields are not kept, but for the idempotency key of a
// form that was sent: if no answer came, sending it again is the same command.
"use strict";
const forms = (() => {
  const DRAFT = "airledger.draft:", SENDING = "airledger.sending", USER = "airledger.user";
  const store = {
    get: name => { try { return sessionStorage.getItem(name); } catch { return null; } },
    set: (name, text) => { try { sessionStorage.setItem(name, text); } catch { /* full, or denied */ } },
    drop: name => { try { sessionStorage.removeItem(name); } catch { /* denied */ } },
  };
  const user = document.body.dataset.user ?? store.get(USER) ?? "";
  if (document.body.dataset.user !== undefined) store.set(USER, user);

  const fieldsOf = form => [...form.elements].filter(
    each => each.name && !["hidden", "password", "file", "submit"].includes(each.type));
  const valueOf = field => field.type === "checkbox" ? (field.checked ? "on" : "") : field.value;
  const defaultOf = field => field.type === "checkbox" ? (field.defaultChecked ? "on" : "")
    : field.tagName === "SELECT" ? ([...field.options].find(each => each.defaultSelected) ?? field.options[0])?.value ?? ""
    : field.defaultValue;
  const put = (field, value) => {
    if (field.type === "checkbox") field.checked = value !== "";
    else field.value = value;
  };
  const isTyped = form => fieldsOf(form).some(each => valueOf(each) !== defaultOf(each));
  const nameOf = form => `${DRAFT}${user}:${form.dataset.draft}`;
  const keyOf = form => form.elements.namedItem("_key");

  const keep = (form, sent) => {
    const fields = Object.fromEntries(fieldsOf(form).map(each => [each.name, valueOf(each)]));
    if (!sent && !form.hasAttribute("data-returned") && !isTyped(form)) store.drop(nameOf(form));
    else store.set(nameOf(form), JSON.stringify({ fields, key: sent ? keyOf(form)?.value : undefined }));
  };

  const say = (form, id, text) => {
    let note = form.querySelector(`[data-note="${id}"]`);
    if (!text) { note?.remove(); return undefined; }
    if (!note) {
      note = document.createElement("p");
      note.className = "note";
      note.dataset.note = id;
      note.setAttribute("role", "status");
      form.querySelector(".buttons").before(note);
    }
    note.textContent = text;
    return note;
  };

  const restore = form => {
    const kept = JSON.parse(store.get(nameOf(form)) ?? "null");
    if (!kept) return false;
    for (const field of fieldsOf(form)) if (field.name in kept.fields) put(field, kept.fields[field.name]);
    if (kept.key && keyOf(form)) keyOf(form).value = kept.key;
    if (!isTyped(form) && !kept.key) return false;
    const note = say(form, "kept", kept.key
      ? "You sent this, and no answer came. Sending it again records it once. "
      : "What you typed before is here again. ");
    const discard = document.createElement("button");
    discard.type = "button";
    discard.textContent = "Discard it";
    discard.addEventListener("click", () => {
      store.drop(nameOf(form));
      form.reset();
      say(form, "kept", "");
      fieldsOf(form)[0]?.focus();
    });
    note.append(discard);
    const folded = form.closest("details");
    if (folded) folded.open = true;
    return true;
  };

  const done = document.getElementById("done");
  const sending = store.get(SENDING);
  if (done && sending) {
    store.drop(sending);
    store.drop(SENDING);
  }
  const here = new URL(location.href);
  const wanted = here.searchParams.get("form");
  if (here.searchParams.has("done") || here.searchParams.has("at_least") || wanted) {
    for (const each of ["done", "at_least", "form"]) here.searchParams.delete(each);
    history.replaceState(history.state, "", here);
  }
  for (const form of document.querySelectorAll("form.command")) {
    if (form.hasAttribute("data-returned")) keep(form, false);
    else {
      const restored = restore(form);
      if (form.dataset.form === wanted) fieldsOf(form)[0]?.focus();
      else if (restored && !done && !document.querySelector("[autofocus]")) fieldsOf(form)[0]?.focus();
    }
  }
  for (const link of document.querySelectorAll("a[data-same-tab]")) {
    link.removeAttribute("target"); // what was typed is kept in this tab
    link.querySelector("span")?.remove();
  }
  for (const load of document.querySelectorAll("[data-load]")) {
    load.hidden = false;
    load.querySelector("input").addEventListener("change", async event => {
      const [file] = event.target.files;
      const field = document.getElementById(load.dataset.load);
      if (!file || !field) return;
      field.value = await file.text();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }

  document.addEventListener("input", event => {
    const form = event.target.closest?.("form.command");
    if (form) keep(form, false);
  });
  document.addEventListener("change", event => {
    const form = event.target.closest?.("form.command");
    if (form) keep(form, false);
  });
  document.addEventListener("submit", event => {
    const form = event.target;
    if (form.id === "logout") {
      for (const name of Object.keys(sessionStorage)) if (name.startsWith(DRAFT)) store.drop(name);
      store.drop(SENDING);
    }
    if (!form.matches("form.command")) return;
    if (form.dataset.sent) {
      event.preventDefault(); // a double click is one command
      return;
    }
    if (document.body.dataset.away !== undefined) {
      event.preventDefault();
      keep(form, false);
      say(form, "away", "The server does not answer. What you typed is kept here; send it again in a moment.");
      document.dispatchEvent(new Event("airledger:try"));
      return;
    }
    form.dataset.sent = "yes";
    keep(form, true);
    store.set(SENDING, nameOf(form));
  });
  document.addEventListener("airledger:back", () => {
    for (const form of document.querySelectorAll("form.command")) say(form, "away", "");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  return { isTyped, say };
})();
