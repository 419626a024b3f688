import type { Kafka } from "kafkajs";

/** What is asked of one broker. */
export interface Broker {
  /** Fails if one of the topics does; no topics: all of them. */
  metadata(topics: readonly string[]): Promise<Metadata>;
  findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>;
  /** No topics: all that the group has committed. */
  offsetFetch(of: { groupId: string; topics: readonly TopicPartitions[] }): Promise<{ responses: TopicOffsets[] }>;
  listOffsets(of: {
    isolationLevel: number;
    topics: readonly TopicPartitions[];
  }): Promise<{ responses: TopicOffsets[] }>;
}

interface Metadata {
  readonly brokers: readonly { readonly nodeId: number }[];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number }[];
}

export interface TopicOffsets {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}

/** The connections to one cluster, as kafkajs 2.2.4 has them: its types tell a part of this. */
export interface Cluster {
  readonly brokerPool: {
    /** Those whose address is known, by their number. */
    readonly brokers: Readonly<Record<number, unknown>>;
    refreshMetadata(topics: readonly string[]): Promise<void>;
    findConnectedBroker(): Promise<Broker>;
    findBroker(node: { nodeId: number }): Promise<Broker>;
  };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * The connections below kafkajs's clients, which it hands to whoever assigns partitions to a consumer. Its administrative
 * client is not for many who share it: it fails every question while any topic that it was ever asked of is deleted, and
 * words whatever keeps it from a group's coordinator, a missing right too, as "Failed to find group coordinator".
 */
export function clusterOf(kafka: Kafka): Cluster {
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: "never joined",
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (given) => {
        cluster = given.cluster as unknown as Cluster;
        return {
          name: "never asked",
          version: 1,
          assign: async () => [],
          protocol: () => ({ name: "never asked", metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (cluster === undefined) throw new Error("expected kafkajs to hand out its cluster");
  return cluster;
}
