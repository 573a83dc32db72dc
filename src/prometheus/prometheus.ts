import type { Metrics } from '../diagnostics/metrics';
import { InvalidOptionError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import { BoardMetric, Exposition, type Source } from './exposition';
import { families, ownLabels } from './families';
import { checkRegistry, type PrometheusRegistry } from './registry';

/** Where the metrics of a board go, and under which names. */
export interface PrometheusOptions {
  /** The registry of prom-client that is scraped: its default one is what prom-client exports as `register`. */
  register: PrometheusRegistry;
  /**
   * How all names begin.
   * @default 'switchboard_'
   */
  prefix?: string;
  /**
   * On all samples of this board. Several boards in one registry are told apart by them: they have the same names with other
   * values, as `{ board: 'public' }` and `{ board: 'internal' }`.
   * @default none
   */
  labels?: Record<string, string>;
}

/** The metrics of a board in a registry. */
export interface PrometheusMetrics {
  /** Takes them out again. A further call does nothing. */
  stop(): void;
}

const validName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const validLabel = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Adds what a board, or a ChatServer, tells by `metrics()` to a registry of prom-client. It is read once for each scrape, and
 * costs nothing in between.
 *
 * ```ts
 * import { register } from 'prom-client';
 * import { prometheus } from 'switchboard/prometheus';
 *
 * prometheus(board, { register });
 * app.get('/metrics', async (request, response) => {
 *   response.type(register.contentType).send(await register.metrics());
 * });
 * ```
 *
 * @throws InvalidOptionError for options that are unknown or wrong, labels that another board in the registry has, and a
 *   registry that has one of the names already
 */
export function prometheus(board: { metrics(): Metrics }, options: PrometheusOptions): PrometheusMetrics {
  if (typeof (board as Partial<typeof board> | null | undefined)?.metrics !== 'function') {
    throw new InvalidOptionError(
      `prometheus() needs the board of switchboard(app), or a ChatServer, not ${describe(board)}`,
    );
  }
  // Without any, the sentence on the registry says what to do.
  const given: Partial<PrometheusOptions> = options ?? {};
  refuseUnknownOptions('prometheus()', given, ['register', 'prefix', 'labels']);
  const register = checkRegistry(given.register);
  const prefix = checkPrefix(given.prefix ?? 'switchboard_');
  const source: Source = { board, labels: checkLabels(given.labels ?? {}) };
  const registered = families.map(({ name }) => register.getSingleMetric(prefix + name));
  const taken = registered.findIndex((metric) => metric !== undefined && !(metric instanceof BoardMetric));
  if (taken !== -1) {
    throw new InvalidOptionError(
      `The registry has another metric named ${prefix}${families[taken]!.name}: choose another 'prefix' for prometheus()`,
    );
  }
  const known = registered.find((metric) => metric instanceof BoardMetric);
  const exposition = known?.exposition ?? new Exposition();
  refuseUntold(source, exposition.sources);
  exposition.sources.add(source);
  // Those of another board are there already, unless somebody has taken some of them out.
  families.forEach((family, index) => {
    if (registered[index] === undefined) {
      register.registerMetric(new BoardMetric(exposition, family, prefix + family.name) as never);
    }
  });
  return {
    stop: () => {
      exposition.sources.delete(source);
      if (exposition.sources.size > 0) return;
      for (const { name } of families) {
        const metric = register.getSingleMetric(prefix + name);
        // After `registry.clear()` it may be one of a later call.
        if (metric instanceof BoardMetric && metric.exposition === exposition) {
          register.removeSingleMetric(metric.registeredName);
        }
      }
    },
  };
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix === 'string' && (prefix === '' || validName.test(prefix))) return prefix;
  throw new InvalidOptionError(
    `Option 'prefix' must be letters, digits, '_' and ':', and begin with no digit, not ${describe(prefix)}`,
  );
}

function checkLabels(labels: unknown): Record<string, string> {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    throw new InvalidOptionError(`Option 'labels' must be an object of strings, not ${describe(labels)}`);
  }
  for (const [name, value] of Object.entries(labels)) {
    if (!validLabel.test(name) || ownLabels.includes(name)) {
      throw new InvalidOptionError(
        `Option 'labels' has the name ${describe(name)}: it must be letters, digits and '_', begin with no digit and no '__', ` +
          `and be none of ${ownLabels.join(', ')}`,
      );
    }
    if (typeof value !== 'string') {
      throw new InvalidOptionError(`Option 'labels' must be an object of strings; ${name} is ${describe(value)}`);
    }
  }
  return { ...labels };
}

/** Each board needs labels of its own, and all need the same names, or sums over them are wrong. */
function refuseUntold({ labels }: Source, others: Iterable<Source>): void {
  const names = Object.keys(labels);
  for (const other of others) {
    const hasSameNames =
      names.length === Object.keys(other.labels).length && names.every((name) => Object.hasOwn(other.labels, name));
    if (!hasSameNames || names.every((name) => labels[name] === other.labels[name])) {
      throw new InvalidOptionError(
        `The registry has the metrics of another board, with the labels ${JSON.stringify(other.labels)}: give each board ` +
          "option 'labels' with the same names and other values, as { board: 'public' }, or stop() the other",
      );
    }
  }
}
