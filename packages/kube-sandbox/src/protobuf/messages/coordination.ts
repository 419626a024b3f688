/** Leases, disruption budgets, and events of the newer form: see message-table.ts for how this is read. Numbers are those of k8s.io/api 0.36. */
export const COORDINATION_MESSAGES = `
coordination.k8s.io/v1.Lease:
  1 metadata ObjectMeta, 2 spec LeaseSpec
LeaseSpec:
  1 holderIdentity! string, 2 leaseDurationSeconds! int32, 3 acquireTime MicroTime, 4 renewTime MicroTime,
  5 leaseTransitions! int32, 6 strategy! string, 7 preferredHolder! string
policy/v1.PodDisruptionBudget:
  1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec, 3 status PodDisruptionBudgetStatus
PodDisruptionBudgetSpec:
  1 minAvailable IntOrString, 2 selector LabelSelector, 3 maxUnavailable IntOrString,
  4 unhealthyPodEvictionPolicy! string
PodDisruptionBudgetStatus:
  1 observedGeneration int64, 2 disruptedPods map[]Time, 3 disruptionsAllowed! int32, 4 currentHealthy! int32,
  5 desiredHealthy! int32, 6 expectedPods! int32, 7 conditions []Condition
events.k8s.io/v1.Event:
  1 metadata ObjectMeta, 2 eventTime MicroTime, 3 series events/v1.EventSeries, 4 reportingController string,
  5 reportingInstance string, 6 action string, 7 reason string, 8 regarding ObjectReference,
  9 related ObjectReference, 10 note string, 11 type string, 12 deprecatedSource EventSource,
  13 deprecatedFirstTimestamp Time, 14 deprecatedLastTimestamp Time, 15 deprecatedCount int32
events/v1.EventSeries:
  1 count! int32, 2 lastObservedTime MicroTime
`;
