// Draws the charts of a rehearsal's page from the data that the page holds (src/simulation/report/report-page.ts).
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

  const draw = (title, columns, series) => {
    const holder = charts.appendChild(document.createElement("div"));
    const options = {
      title,
      width: charts.clientWidth,
      height: HEIGHT,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(max, 1) * 1.05] } },
      axes: [axis({}), axis({ size: 70 })],
      series: [{ label: "time (UTC)" }, ...series],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      hooks: { setScale: [scaled], setCursor: [explain] },
    };
    const plot = new uPlot(options, columns, holder);
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

  /** All policies' values on the times of all of them: runs end when they are done, each at its own time. */
  const joined = (pick) => uPlot.join(data.policies.map((one) => [times(one), pick(one.series)]));

  const drawAll = () => {
    const first = data.policies[0];
    const { min, max } = plots[0]?.scales.x ?? {};
    for (const plot of plots.splice(0)) plot.destroy();
    charts.replaceChildren();
    const chosen = data.policies[Number(select.value)];
    draw(
      "Arrivals a minute",
      [times(first), first.series.arrivalsPerMinute],
      [line("arrivals", 0, { stroke: color("--soft"), fill: "#9ca3af44" })],
    );
    const named = data.policies.map(({ policy }, index) => line(policy, index, { spanGaps: true }));
    draw(
      "Messages that wait",
      joined(({ waiting }) => waiting),
      named,
    );
    const ages = joined(({ oldestSeconds }) => oldestSeconds);
    const objective = { label: "objective", stroke: color("--bad"), dash: [4, 4], width: 1, points: { show: false } };
    draw(
      "Age of the oldest waiting message, in seconds",
      [...ages, ages[0].map(() => data.objectiveSeconds ?? null)],
      [...named, objective],
    );
    const { ready, desired, minReplicas, maxReplicas } = chosen.series;
    const most = Math.max(...desired, 1) * 2;
    const bound = { stroke: color("--soft"), dash: [4, 4], width: 1, paths: steps, points: { show: false } };
    draw(
      `Replicas of ${chosen.policy}`,
      [times(chosen), ready, desired, minReplicas, maxReplicas.map((one) => (one > most ? null : one))],
      [
        line("ready", Number(select.value), {
          fill: `${COLORS[Number(select.value) % COLORS.length]}33`,
          paths: steps,
        }),
        line("asked for", 0, { stroke: color("--text"), paths: steps }),
        { label: "min", ...bound },
        { label: "max", ...bound },
      ],
    );
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

  data.policies.forEach(({ policy }, index) => {
    select.append(new Option(policy, String(index)));
  });
  select.addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const plot of plots) plot.setSize({ width: charts.clientWidth, height: HEIGHT });
  });
  drawAll();
})();
