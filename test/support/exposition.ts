/** One line of what Prometheus scrapes. */
export interface ScrapedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ScrapedFamily {
  help: string;
  type: string;
  samples: ScrapedSample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const suffixes = ['_bucket', '_sum', '_count'];

/**
 * Reads the text format 0.0.4, and holds it to its rules and to those that `promtool check metrics` knows.
 *
 * @throws Error for the first line that breaks one
 */
export function readExposition(text: string): Map<string, ScrapedFamily> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end');
  const families = new Map<string, ScrapedFamily>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!metricName.test(name)) fail('No name of a metric');
      if (families.has(name)) fail('A second HELP');
      if (rest === '') fail('An empty HELP');
      families.set(name, { help: rest, type: '', samples: [] });
      current = name;
      continue;
    }
    const family = families.get(current) ?? fail('Nothing has a HELP before');
    if (keyword === 'TYPE') {
      if (name !== current || family.type !== '' || family.samples.length > 0) fail('TYPE is not right behind HELP');
      if (!['counter', 'gauge', 'histogram'].includes(rest)) fail('An unknown TYPE');
      if ((rest === 'counter') !== name.endsWith('_total')) fail('_total is for counters, and for all of them');
      family.type = rest;
      continue;
    }
    const [, sampleName = fail('No sample'), labelText = '', valueText = ''] = sampleLine.exec(line) ?? [];
    const isOfHistogram = family.type === 'histogram' && suffixes.some((suffix) => sampleName === current + suffix);
    if (family.type === '' || (family.type === 'histogram' ? !isOfHistogram : sampleName !== current)) {
      fail('A sample of no family');
    }
    const labels = readLabels(labelText) ?? fail('Labels that are not escaped, or double');
    const value = valueText === '+Inf' ? Number.POSITIVE_INFINITY : Number(valueText);
    if (Number.isNaN(value)) fail('No number');
    if (family.type !== 'gauge' && value < 0) fail('It goes down');
    const identity = JSON.stringify([sampleName, Object.entries(labels).sort()]);
    if (seen.has(identity)) fail('A second sample of the same');
    seen.add(identity);
    family.samples.push({ name: sampleName, labels, value });
  }
  for (const [name, family] of families) {
    if (family.type === '') throw new Error(`${name} has no TYPE`);
    if (family.type === 'histogram') checkHistogram(name, family.samples);
  }
  return families;
}

function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    const [pair, name, value] = labelPair.exec(text) ?? [];
    if (pair === undefined || name! in labels) return undefined;
    labels[name!] = value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    at += pair.length;
  }
  return labels;
}

/** Buckets rise, the last is +Inf, and it is what `_count` says; for each set of the other labels. */
function checkHistogram(name: string, samples: ScrapedSample[]): void {
  const series = new Map<string, ScrapedSample[]>();
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(others);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, each] of series) {
    const buckets = each.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)));
    const risesEverywhere = buckets.every(({ value }, index) => {
      return index === 0 || (value >= buckets[index - 1]!.value && bounds[index]! > bounds[index - 1]!);
    });
    if (!risesEverywhere) throw new Error(`The buckets of ${name}${key} do not rise`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${key} does not end with +Inf`);
    const [sum, count] = ['_sum', '_count'].map((suffix) => each.filter((sample) => sample.name === name + suffix));
    if (sum?.length !== 1 || count?.length !== 1) throw new Error(`${name}${key} has no _sum or no _count`);
    if (count[0]!.value !== buckets.at(-1)!.value) throw new Error(`${name}${key} counts what is in no bucket`);
  }
}
