// Draws a page's charts from the data that it holds (src/lab/report/page.ts).
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (data.policies.length === 0) return;
  const COLORS = ["#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626"];
  const HEIGHT = 170;
  const charts = document.getElementById("charts");
  const select = document.getElementById("policy");
  const reason = document.getElementById("reason");
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const sync = uPlot.sync("rehearsal");
  const plots = [];
  let isScaling = false;

  // The same everywhere, as the reasons below the charts have it: 24 hours, the year first.
  const DAY = "\n{YYYY}-{MM}-{DD}";
  const TIMES = [
    [86_400 * 365, "{YYYY}", null, null, null, null, null, null, 1],
    [86_400 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86_400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
    [0.001, "{ss}.{fff}", `${DAY} {HH}:{mm}`, null, DAY, null, "\n{HH}:{mm}", null, 1],
  ];

  const axis = (more) => ({
    stroke: () => color("--soft"),
    grid: { stroke: () => color("--line"), width: 1 },
    ticks: { stroke: () => color("--line"), width: 1 },
    ...more,
  });

  /** A zoom of one chart is a zoom of all. */
  const scaled = (plot, key) => {
    if (key !== "x" || isScaling) return;
    isScaling = true;
    const { min, max } = plot.scales.x;
    for (const other of plots) if (other !== plot) other.setScale("x", { min, max });
    isScaling = false;
  };

  const latest = data.start + Math.max(...data.policies.map(({ series }) => series.at.at(-1) ?? 0));
  /** All charts are as long as the longest run: shorter ones end in nothing. */
  const asLongAsAll = ([moments, ...values]) =>
    moments.at(-1) < latest
      ? [[...moments, latest], ...values.map((column) => [...column, null])]
      : [moments, ...values];

  const draw = (title, columns, series) => {
    const holder = charts.appendChild(document.createElement("div"));
    const options = {
      title,
      width: charts.clientWidth,
      height: HEIGHT,
      padding: [null, 30, null, null],
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      scales: { y: { range: (_plot, min, max) => [Math.min(min ?? 0, 0), Math.max(max, 1) * 1.05] } },
      axes: [axis({ values: TIMES }), axis({ size: 70 })],
      series: [{ label: "time (UTC)", value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}" }, ...series],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      hooks: { setScale: [scaled], setCursor: [explain] },
    };
    const plot = new uPlot(options, asLongAsAll(columns), holder);
    plots.push(plot);
    return plot;
  };

  const times = ({ series }) => series.at.map((second) => data.start + second);
  const line = (label, index, more) => ({
    label,
    stroke: COLORS[index % COLORS.length],
    width: 1.5,
    points: { show: false },
    ...more,
  });
  const steps = uPlot.paths.stepped({ align: 1 });

  const has = (column) => (policy) => policy.series[column] !== undefined;

  /** Those policies' values on the times of all of them: runs end when they are done, each at its own time. */
  const joined = (policies, column) => uPlot.join(policies.map((one) => [times(one), one.series[column]]));
  const named = (policies, more) =>
    policies.map((one) => line(one.policy, data.policies.indexOf(one), { spanGaps: true, ...more }));

  const drawArrivals = () => {
    const known = data.policies.find(has("arrivalsPerMinute"));
    if (known === undefined) return;
    const shape = { stroke: color("--soft"), fill: "#9ca3af44" };
    draw(data.titles.arrivals, [times(known), known.series.arrivalsPerMinute], [line("arrivals", 0, shape)]);
  };

  const drawWaiting = () => {
    const known = data.policies.filter(has("waiting"));
    if (known.length > 0) draw(data.titles.waiting, joined(known, "waiting"), named(known));
  };

  const drawAges = () => {
    const known = data.policies.filter(has("oldestSeconds"));
    if (known.length === 0) return;
    const ages = joined(known, "oldestSeconds");
    const objective = { label: "objective", stroke: color("--bad"), dash: [4, 4], width: 1, points: { show: false } };
    draw(
      "Age of the oldest waiting message, in seconds",
      [...ages, ages[0].map(() => data.objectiveSeconds ?? null)],
      [...named(known), objective],
    );
  };

  const drawValues = (chosen) => {
    for (const [signal, values] of Object.entries(chosen.series.values ?? {})) {
      const limits = chosen.limits?.[signal] ?? [];
      const limit = { stroke: color("--bad"), dash: [4, 4], width: 1, points: { show: false } };
      draw(
        `${signal}, as ${chosen.policy} sees it`,
        [times(chosen), values, ...limits.map((value) => values.map(() => value))],
        [line(signal, data.policies.indexOf(chosen)), ...limits.map((value) => ({ label: String(value), ...limit }))],
      );
    }
  };

  const drawReplicas = (chosen) => {
    const { ready, desired, minReplicas, maxReplicas, recorded } = chosen.series;
    const most = Math.max(...desired, 1) * 2;
    const bound = { stroke: color("--soft"), dash: [4, 4], width: 1, paths: steps, points: { show: false } };
    const which = data.policies.indexOf(chosen);
    const area = { fill: `${COLORS[which % COLORS.length]}33`, paths: steps };
    const course = recorded === undefined ? ["ready", ready] : ["recorded", recorded];
    draw(
      `Replicas of ${chosen.policy}`,
      [times(chosen), course[1], desired, minReplicas, maxReplicas.map((one) => (one > most ? null : one))],
      [
        line(course[0], which, area),
        line("asked for", 0, { stroke: color("--text"), paths: steps }),
        { label: "min", ...bound },
        { label: "max", ...bound },
      ],
    );
  };

  const drawAll = () => {
    const { min, max } = plots[0]?.scales.x ?? {};
    for (const plot of plots.splice(0)) plot.destroy();
    charts.replaceChildren();
    drawArrivals();
    drawWaiting();
    drawAges();
    drawValues(data.policies[Number(select.value)]);
    if (data.replicasTogether)
      draw("Replicas", joined(data.policies, "desired"), named(data.policies, { paths: steps }));
    else drawReplicas(data.policies[Number(select.value)]);
    if (min !== undefined && max !== undefined) plots[0].setScale("x", { min, max });
  };

  /** The decision that was in force at a moment: the last one noted before it. */
  const inForce = (noted, second) => {
    let low = 0;
    let high = noted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (noted[middle].at <= second) low = middle + 1;
      else high = middle;
    }
    return noted[low - 1];
  };

  function explain(plot) {
    const index = plot.cursor.idx;
    if (index === null || index === undefined) return;
    const { noted, policy, notedDropped } = data.policies[Number(select.value)];
    const second = plot.data[0][index] - data.start;
    const decision = inForce(noted, second);
    const told = document.createElement("b");
    const moment = new Date((data.start + (decision?.at ?? second)) * 1000)
      .toISOString()
      .replace("T", " ")
      .slice(0, 19);
    if (decision === undefined) told.textContent = `${policy}: nothing was decided yet`;
    else if (decision.from === decision.to)
      told.textContent = `${policy}, ${moment}: ${decision.from} stay (${decision.rule})`;
    else told.textContent = `${policy}, ${moment}: ${decision.from} → ${decision.to} (${decision.rule})`;
    const late =
      notedDropped > 0 && decision === noted.at(-1) ? ` (${notedDropped} later decisions were not kept)` : "";
    const why = document.createElement("div");
    why.textContent = `${decision?.because ?? ""}${late}`;
    reason.replaceChildren(told, why);
  }

  const decides = ({ noted }) => noted.length > 0;
  data.policies.forEach((one, index) => {
    if (decides(one) || !data.policies.some(decides)) select.append(new Option(one.policy, String(index)));
  });
  /** A point of the scatter whose course is drawn shows it. */
  for (const dot of document.querySelectorAll(".scatter circle")) {
    const index = data.policies.findIndex(({ policy }) => policy === dot.dataset.policy);
    if (index === -1) continue;
    dot.classList.add("charted");
    dot.addEventListener("click", () => {
      select.value = String(index);
      drawAll();
      charts.scrollIntoView();
    });
  }
  select.addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const plot of plots) plot.setSize({ width: charts.clientWidth, height: HEIGHT });
  });
  drawAll();
})();
