// Makes an element equal to another one, in place: what is equal stays the same node, so that focus,
// scroll position and open details stay. A form that has the focus, or in which somebody typed, is
// left as it is.
"use strict";
const morph = (() => {
  const isKept = form => form.contains(document.activeElement) || forms.isTyped(form);
  const holdsKept = node => node.nodeType === 1
    && [...(node.matches("form") ? [node] : []), ...node.querySelectorAll("form")].some(isKept);

  const keyOf = node => {
    if (node.nodeType !== 1) return "";
    if (node.id) return `#${node.id}`;
    if (node.tagName === "FORM") return `form ${node.getAttribute("action")}`;
    if (node.tagName === "TR" || node.tagName === "LI") {
      const link = node.querySelector("a[href]");
      return link ? `${node.tagName} ${link.getAttribute("href")}` : "";
    }
    return "";
  };
  const alike = (one, other) => one.nodeType === other.nodeType
    && (one.nodeType !== 1 || (one.tagName === other.tagName && !keyOf(one) && !keyOf(other)));

  const attributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      if (name === "open" && old.tagName === "DETAILS") continue;
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name === "open" && old.tagName === "DETAILS") continue;
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };

  const nodes = (old, fresh, stale) => {
    if (old.nodeType !== 1) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.isEqualNode(fresh)) return;
    if (old.tagName === "FORM" && isKept(old)) {
      stale(old, fresh);
      return;
    }
    attributes(old, fresh);
    children(old, fresh, stale);
  };

  const children = (old, fresh, stale) => {
    const known = new Map();
    for (const each of old.childNodes) {
      const key = keyOf(each);
      if (key && !known.has(key)) known.set(key, each);
    }
    let at = old.firstChild;
    const skip = () => { while (at?.nodeType === 1 && at.hasAttribute("data-keep")) at = at.nextSibling; };
    for (const each of [...fresh.childNodes]) {
      skip();
      const key = keyOf(each);
      let match = null;
      if (key) {
        match = known.get(key) ?? null;
        known.delete(key);
      } else if (at && alike(at, each)) match = at;
      if (!match) old.insertBefore(document.importNode(each, true), at);
      else {
        if (match === at) at = at.nextSibling;
        else old.insertBefore(match, at);
        nodes(match, each, stale);
      }
    }
    while (at) {
      const next = at.nextSibling;
      if (!(at.nodeType === 1 && at.hasAttribute("data-keep"))) {
        if (holdsKept(at)) for (const form of at.querySelectorAll("form")) stale(form, null);
        else at.remove();
      }
      at = next;
    }
  };

  // `stale` is called with each form that was left as it is, and with what it would be now.
  return (old, fresh, stale) => {
    const focused = document.activeElement;
    children(old, fresh, stale);
    if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  };
})();
