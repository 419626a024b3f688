import { randomInt } from "node:crypto";
import type { Fields } from "./fields.ts";

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata that the server uses; it keeps other fields unchanged. */
export interface Metadata extends Fields {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** One object of the API. Objects in the store are immutable. */
export interface KubeObject extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** The key of an object within its resource. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** The owner that controls the object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** A time in Kubernetes' form: whole seconds, UTC. */
export function kubeTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The letters Kubernetes uses in generated names: no vowels, so that no words come about. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** The five random letters after a generateName. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

/** Encodes a hash for a name, as the Deployment controller does. */
export function safeLetters(text: string): string {
  return [...text].map((letter) => LETTERS[letter.charCodeAt(0) % LETTERS.length]).join("");
}
