// Times in the reader's own zone, with the exact time in UTC on hover; filters fold on a phone.
"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const isUtc = ["UTC", "Etc/UTC", "GMT"].includes(zone);
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

  const formats = {
    day: at => day.format(at),
    clock: at => clock.format(at),
    both: at => `${day.format(at)}, ${clock.format(at)}`,
  };

  // Each element with data-local holds one text in UTC; its time element says which time it is.
  const localise = root => {
    if (isUtc) return;
    for (const part of root.querySelectorAll("[data-local]")) {
      const time = part.closest("time[datetime]");
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      part.textContent = formats[part.dataset.local](at);
      part.removeAttribute("data-local");
      if (!time.title.includes("shown in")) time.title += `; shown in ${zone}`;
    }
    for (const said of root.querySelectorAll("[data-zone]")) said.textContent = zone;
  };

  // A form takes times in UTC: below each field, what that is in the reader's zone.
  const echoes = new WeakMap();
  const update = field => {
    const at = new Date(`${field.value}Z`);
    echoes.get(field).textContent = Number.isNaN(at.getTime()) ? "" : `${formats.both(at)} in ${zone}`;
  };
  const echo = root => {
    if (isUtc) return;
    for (const field of root.querySelectorAll("input[type=datetime-local]")) {
      if (!echoes.has(field)) {
        echoes.set(field, document.createElement("small"));
        field.addEventListener("input", () => update(field));
      }
      if (!echoes.get(field).isConnected) field.after(echoes.get(field));
      update(field);
    }
  };

  const fold = root => {
    if (!matchMedia("(max-width: 40rem)").matches) return;
    for (const filters of root.querySelectorAll("details.fold:not([data-set])")) filters.open = false;
  };

  const arrange = root => {
    localise(root);
    echo(root);
    fold(root);
  };
  arrange(document);
  document.addEventListener("airledger:refreshed", () => {
    localise(document);
    echo(document);
  });
})();
