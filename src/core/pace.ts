/** How often it is reasonable to poll a source, in seconds. The engine paces between the two; users' settings override. */
export interface Pace {
  /** While the backlog moves. */
  readonly movingSeconds: number;
  /** While nothing changes. */
  readonly steadySeconds: number;
  /**
   * While the value is 0 and the workload has no replicas, where the source cannot wait for work: so that a first message
   * is seen soon. The engine pauses longer where many share a server. Absent: a read costs too much for that.
   */
  readonly asleepSeconds?: number | undefined;
}
