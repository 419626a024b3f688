import { Producer, type ProducerOptions, stringSerializers } from "@platformatic/kafka";
import { atEnd, type Ending } from "../at-end.ts";

type Options = Omit<ProducerOptions<string, string, string, string>, "serializers">;

/** A producer of texts. */
export function kafkaProducer(test: Ending, options: Options): Producer<string, string, string, string> {
  const producer = new Producer({ ...options, serializers: stringSerializers });
  atEnd(test, () => producer.close());
  return producer;
}

export function messages(topic: string, count: number, partition: number) {
  return Array.from({ length: count }, (_, n) => ({ topic, value: `${n}`, partition }));
}
