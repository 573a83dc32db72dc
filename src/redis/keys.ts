/** The names of keys and channels: those of one room have one hash tag, and so one slot of a cluster. */
export class RedisKeys {
  readonly #prefix: string;
  /** A sorted set: the nodes that live, and until when. */
  readonly nodes: string;

  /**
   * @param prefix what all keys begin with; without braces
   * @param name the name of the rooms
   */
  constructor(prefix: string, name: string) {
    this.#prefix = `${prefix}:${encode(name)}:`;
    this.nodes = `${this.#prefix}nodes`;
  }

  /** Where everything is published that happens in the room. */
  channel(room: string): string {
    // A tag must not be empty, or there is none.
    return `${this.#prefix}{${encode(room) || '%'}}`;
  }

  /** A hash of connections. */
  presence(room: string): string {
    return `${this.channel(room)}:presence`;
  }

  /** A hash: epoch, offset, bytes, history. */
  meta(room: string): string {
    return `${this.channel(room)}:meta`;
  }

  /** All that belongs to the log: meta, a list of entries, two hashes of ids. */
  log(room: string): [meta: string, log: string, ids0: string, ids1: string] {
    const channel = this.channel(room);
    return [`${channel}:meta`, `${channel}:log`, `${channel}:ids0`, `${channel}:ids1`];
  }
}

/** Hash tags whose slots lie 1,024 apart: each server of a cluster of up to sixteen has one of them, where slots are shared evenly. */
const spreadTags = [18, 455, 333, 223, 553, 443, 95, 663, 265, 375, 908, 155, 985, 895, 405, 515];

/** What a probe writes to, so that all servers are asked. */
export function probeKeys(prefix: string, isCluster: boolean): string[] {
  return isCluster ? spreadTags.map((tag) => `${prefix}:probe:{${tag}}`) : [`${prefix}:probe`];
}

/**
 * Any string as a part of a key: braces would end the tag, a colon the part, and half a surrogate pair has no UTF-8. No two
 * strings become the same one.
 */
function encode(text: string): string {
  return text.replace(/[{}%:\p{Cs}]/gu, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
