import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

/** The Prometheus that the reader chooses above the dashboard. */
const DATA_SOURCE = { type: "prometheus", uid: "$" + "{datasource}" };
/** Of 24 columns. */
const WIDTH = { stat: 4, half: 12, whole: 24 };
const HEIGHT = { stat: 4, graph: 8 };

/** What a panel shows: expressions by their legend. */
type Queries = Readonly<Record<string, string>>;

export interface PanelOptions {
  readonly title: string;
  /** A sentence for whoever reads the panel. */
  readonly about: string;
  readonly queries: Queries;
  readonly unit?: string;
}

/** A dashboard of Muster, with the links between its kind and the choice of a Prometheus. */
export function newDashboard(uid: string, title: string, about: string): dashboard.DashboardBuilder {
  const others = new dashboard.DashboardLinkBuilder("Muster")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags(["muster"])
    .asDropdown(true)
    .keepTime(true);
  return new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags(["muster", "autoscaling"])
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .link(others)
    .withVariable(new dashboard.DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));
}

/** A variable with the values of a label; `several`: more than one may be chosen, and all are at first. */
export function labelVariable(name: string, series: string, several = false): dashboard.QueryVariableBuilder {
  const variable = new dashboard.QueryVariableBuilder(name)
    .datasource(DATA_SOURCE)
    .query({ query: `label_values(${series}, ${name})`, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
  return several
    ? variable.multi(true).includeAll(true).allValue(".*").current({ text: "All", value: "$__all" })
    : variable;
}

/** Marks moments on every graph; `expr` has them as its values, in milliseconds. */
export function moments(name: string, expr: string, title: string, color: string): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step("10s")
    .useValueForTime(true)
    .titleFormat(title)
    .tagKeys("kind,namespace,name");
}

/** One number of now. */
export function numberPanel({ title, about, queries, unit = "short" }: PanelOptions): stat.PanelBuilder {
  const panel = new stat.PanelBuilder()
    .title(title)
    .description(about)
    .datasource(DATA_SOURCE)
    .span(WIDTH.stat)
    .height(HEIGHT.stat)
    .unit(unit)
    .colorMode(common.BigValueColorMode.None)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
  return withQueries(panel, queries, (query) => query.instant());
}

/** The same where any number above zero is trouble. */
export function troublePanel(options: PanelOptions): stat.PanelBuilder {
  const steps = [
    { value: null, color: "green" },
    { value: 1, color: "orange" },
  ];
  return numberPanel(options)
    .colorMode(common.BigValueColorMode.Value)
    .thresholds(new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps));
}

/** Lines over time. Replicas change in steps. */
export function graphPanel({ title, about, queries, unit = "short" }: PanelOptions): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(title)
    .description(about)
    .datasource(DATA_SOURCE)
    .span(WIDTH.half)
    .height(HEIGHT.graph)
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(5)
    .lineInterpolation(unit === "replicas" ? common.LineInterpolation.StepAfter : common.LineInterpolation.Linear)
    .showPoints(common.VisibilityMode.Never)
    .legend(new common.VizLegendOptionsBuilder().displayMode(common.LegendDisplayMode.List).showLegend(true))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  return withQueries(unit === "replicas" ? panel.unit("short").decimals(0) : panel, queries, (query) => query.range());
}

/** Which of several states held when; each series is a row that is there or not. */
export function timelinePanel({ title, about, queries }: PanelOptions): statetimeline.PanelBuilder {
  const panel = new statetimeline.PanelBuilder()
    .title(title)
    .description(about)
    .datasource(DATA_SOURCE)
    .span(WIDTH.half)
    .height(HEIGHT.graph)
    .showValue(common.VisibilityMode.Never)
    .noValue("nothing")
    .legend(new common.VizLegendOptionsBuilder().showLegend(false));
  return withQueries(panel, queries, (query) => query.range());
}

/** One row for each object; the queries become columns. */
export function tablePanel({ title, about, queries }: PanelOptions): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .title(title)
    .description(about)
    .datasource(DATA_SOURCE)
    .span(WIDTH.whole)
    .height(HEIGHT.graph)
    .filterable(true)
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: { excludeByName: { Time: true }, renameByName: columnNames(queries) },
    });
  return withQueries(panel, queries, (query) => query.instant().format(prometheus.PromQueryFormat.Table));
}

interface Queried<Panel> {
  withTarget(query: prometheus.DataqueryBuilder): Panel;
}

function withQueries<Panel extends Queried<Panel>>(
  panel: Panel,
  queries: Queries,
  shape: (query: prometheus.DataqueryBuilder) => prometheus.DataqueryBuilder,
): Panel {
  return Object.entries(queries).reduce(
    (shown, [legend, expr], index) =>
      shown.withTarget(
        shape(new prometheus.DataqueryBuilder().datasource(DATA_SOURCE).expr(expr).legendFormat(legend)).refId(
          refId(index),
        ),
      ),
    panel,
  );
}

const refId = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index);

/** Grafana calls the value of the only query "Value", and of several "Value #A" and so on. */
function columnNames(queries: Queries): Readonly<Record<string, string>> {
  const titles = Object.keys(queries);
  if (titles.length === 1) return { Value: titles[0] ?? "" };
  return Object.fromEntries(titles.map((title, index) => [`Value #${refId(index)}`, title]));
}
