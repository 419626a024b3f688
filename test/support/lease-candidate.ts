// A process of its own that leads by a Lease until it is killed: node lease-candidate.js KUBECONFIG LEASE TIMING
import { LeaseLeadership } from "../../src/kubernetes/lease/lease-leadership.ts";
import type { FixedTiming } from "../../src/kubernetes/lease/lease-timing.ts";
import { clusterClient } from "./cluster-client.ts";

const [kubeconfigPath = "", name = "", timing = "{}"] = process.argv.slice(2);
const client = await clusterClient({ kubeconfigPath });
const leadership = new LeaseLeadership({
  client,
  namespace: "default",
  name,
  holder: "doomed",
  timing: JSON.parse(timing) as FixedTiming,
});
await leadership.run(async (leading) => {
  process.send?.("leading");
  await new Promise((resolve) => leading.addEventListener("abort", resolve, { once: true }));
}, new AbortController().signal);
