"use strict";
(() => {
  const { pool, figures } = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  const filled = (part) => {
    if (Array.isArray(part)) return part.map(filled);
    if (part === null || typeof part !== "object") return part;
    if ("$" in part) return filled(pool[part.$]);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, filled(value)]));
  };

  const template = () => {
    const [text, grid] = dark.matches ? ["#cdd5df", "#333d4a"] : ["#2b3542", "#e3e7ec"];
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, automargin: true, title: { standoff: 10 } };
    const font = { family: "system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif", size: 12, color: text };
    return {
      layout: { font, xaxis: axis, yaxis: axis, colorway: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"] },
      data: { heatmap: [{ textfont: { color: text } }] },
    };
  };

  const layoutOf = (layout, box) => {
    const several = Object.keys(layout).some((name) => /^xaxis\d+$/.test(name));
    const narrow = box.clientWidth < 560;
    return {
      ...layout,
      template: template(),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      width: undefined,
      height: box.clientHeight,
      autosize: true,
      margin: { l: 50, r: 16, t: 30, b: 40 },
      dragmode: narrow ? false : layout.dragmode,
      legend: several && narrow ? { ...layout.legend, orientation: "h", y: -0.12 } : { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    };
  };

  const draw = (box) => {
    const figure = filled(figures[box.dataset.figure]);
    const named = new Set(figure.data.filter((trace) => trace.showlegend !== false).map((trace) => trace.name));
    // On a narrow screen each name of the legend takes a line of its own.
    const more = box.clientWidth < 560 && named.size > 1 ? 18 * named.size : 0;
    box.style.height = `${Number(box.dataset.height) + more}px`;
    const layout = layoutOf(figure.layout, box);
    box.dataset.drawn = "yes";
    return Plotly.react(box, figure.data, layout, CONFIG);
  };

  const boxes = [...document.querySelectorAll(".plot")];
  const isShown = (box) => box.offsetParent !== null;
  const seen = new IntersectionObserver(
    (entries) => entries.filter((one) => one.isIntersecting).forEach(({ target }) => { seen.unobserve(target); draw(target); }),
    { rootMargin: "600px" },
  );
  boxes.forEach((box) => seen.observe(box));

  const drawAll = () => {
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
    return Promise.all(boxes.filter((box) => !box.dataset.drawn).map(draw));
  };
  window.addEventListener("beforeprint", drawAll);
  dark.addEventListener("change", () => boxes.filter((box) => box.dataset.drawn && isShown(box)).forEach(draw));
})();
