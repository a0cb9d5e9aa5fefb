// Draws each chart from the table beside it: what a chart shows, the table says.
"use strict";
(() => {
  const HEIGHT = 220;
  const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = () => [ink("--accent"), ink("--warn"), ink("--soft")];

  // The columns that are series, as uPlot takes them: places on the x axis, then values or null.
  const read = table => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const columns = heads.map((head, at) => ("series" in head.dataset ? at : 0)).filter(at => at);
    const value = cell => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
    return {
      months: rows.map(row => row.cells[0].textContent.trim()),
      names: columns.map(at => heads[at].textContent.trim()),
      data: [rows.map((_, at) => at), ...columns.map(at => rows.map(row => value(row.cells[at])))],
    };
  };

  const draw = figure => {
    figure.querySelector(":scope > .uplot")?.remove();
    const { months, names, data } = read(figure.querySelector(":scope > table"));
    if (data.slice(1).every(values => values.every(value => value === null))) return;
    const bars = figure.dataset.chart === "bars";
    const paint = colours();
    const longest = Math.max(...months.map(label => label.length)) * 7 + 16;
    const every = Math.ceil((months.length * longest) / Math.max(figure.clientWidth, 1));
    const axis = { stroke: ink("--soft"), grid: { stroke: ink("--line") }, ticks: { stroke: ink("--line") } };
    const width = figure.clientWidth;
    const paths = bars ? uPlot.paths.bars({ size: [0.6, 60], align: 0 }) : undefined;
    const options = {
      width,
      height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      legend: { live: false },
      scales: {
        x: { time: false, range: [-0.5, months.length - 0.5] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        { ...axis, splits: () => months.map((_, at) => at).filter(at => at % every === 0), values: (_, splits) => splits.map(at => months[at]) },
        { ...axis, label: figure.dataset.unit, labelSize: 24, size: 56 },
      ],
      series: [
        { label: "Month", value: (_, at) => (at === null ? "" : months[at]) },
        ...names.map((label, at) => ({
          label,
          stroke: paint[at],
          fill: bars ? paint[at] : undefined,
          width: 2,
          spanGaps: false,
          points: { show: !bars, size: 7, fill: paint[at] },
          paths,
        })),
      ],
    };
    const chart = new uPlot(options, data);
    chart.root.setAttribute("aria-hidden", "true");
    figure.prepend(chart.root);
  };

  const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
  drawAll();
  document.addEventListener("airledger:refreshed", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(drawAll);
  });
})();
