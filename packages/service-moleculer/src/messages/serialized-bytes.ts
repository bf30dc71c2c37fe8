import { Serializers, type ServiceBroker } from "moleculer";
import type { Packet } from "../wire/middleware.ts";
import { isObject } from "../wire/values.ts";
import { canContainBuffers, decodeBytes, encodeBytes, restoreBuffers } from "./bytes.ts";

/** The member that carries the user's data, by type of packet. */
const dataMembers = new Map<unknown, "params" | "data">([
  ["REQ", "params"],
  ["RES", "data"],
  ["EVENT", "data"],
]);

/** The values that arrived with bytes in them. */
const valuesWithBytes = new WeakSet<object>();

/** Whether an answer came from another node by the JSON serializer, and has no bytes in it. */
export function isPlainJson(broker: ServiceBroker, answer: unknown): boolean {
  if (!usesJson(broker)) return false;
  return typeof answer !== "object" || answer === null || !valuesWithBytes.has(answer);
}

function usesJson({ serializer }: ServiceBroker): boolean {
  return serializer?.constructor === Serializers.JSON;
}

/**
 * Prepares the data in a packet for the serializer: bytes of any kind become Buffers, or Base64 with the JSON
 * serializer, if the other node decodes it.
 * @param decodesText whether the other node decodes Base64
 * @throws for a value that cannot be sent
 */
export function encodePayload(broker: ServiceBroker, { type, payload }: Packet, decodesText: boolean): void {
  const member = dataMembers.get(type);
  if (member === undefined) return;
  const given = payload[member];
  if (typeof given !== "object" || given === null) return;
  // The chunks of Moleculer's own streams have a form of their own.
  if (Number(payload.seq) > 0 && Buffer.isBuffer(given) && payload.credited !== "objects") return;
  const { value, bytes } = encodeBytes(given, decodesText && usesJson(broker));
  if (value !== given) payload[member] = value;
  if (bytes !== undefined) payload.bytes = bytes;
}

/** Decodes the bytes in a packet that arrived. */
export function decodePayload(broker: ServiceBroker, command: string, payload: Packet["payload"]): void {
  const member = dataMembers.get(command);
  if (member === undefined || payload.bytes === undefined || !usesJson(broker)) return;
  payload[member] = noteBytes(decodeBytes(payload[member], payload.bytes));
  delete payload.bytes;
}

/**
 * Makes a broker with the JSON serializer read the JSON form of Buffers in what arrives, which nodes without
 * the preset send.
 */
export function restoreOnReceipt(broker: ServiceBroker): void {
  const { serializer } = broker;
  if (!usesJson(broker) || serializer === undefined) return;
  const deserialize = serializer.deserialize.bind(serializer);
  serializer.deserialize = (json, type) => {
    const payload: unknown = deserialize(json, type);
    const member = dataMembers.get(type);
    if (member === undefined || !isObject(payload) || !canContainBuffers(json)) return payload;
    // Moleculer itself reads the chunks of streams.
    if (!(Number(payload.seq) > 0)) payload[member] = noteBytes(restoreBuffers(payload[member]));
    return payload;
  };
}

function noteBytes(value: unknown): unknown {
  if (typeof value === "object" && value !== null) valuesWithBytes.add(value);
  return value;
}
