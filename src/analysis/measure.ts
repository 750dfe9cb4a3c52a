import type { CheckStatus } from '../api/canary-status.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';
import { countQuery, durationQuery, promqlDuration } from './built-in-query.ts';
import { type Connected, connect, type SecretReader } from './connect.ts';
import { MetricError } from './metric-error.ts';
import type { AskPrometheus } from './prometheus.ts';
import type { Answer } from './prometheus-answer.ts';
import { renderQuery } from './render-query.ts';
import type { ScrapeIntervals } from './scrape-intervals.ts';
import { tooShort } from './too-short.ts';
import { durationText, judgeReading, type Reading, requestsText } from './verdict.ts';

export type MeasureOptions = {
  /** ms since the epoch. */
  readonly window: { readonly from: number; readonly to: number };
  readonly ask: AskPrometheus;
  readonly scrapes: ScrapeIntervals;
  readonly secrets: SecretReader;
  readonly signal: AbortSignal;
};

/** `hopeless`: no window of this length will ever tell anything; the message says why. */
export type Measured = CheckStatus & { readonly hopeless?: true };

/** A query shown in a status is no longer than this. */
const MAX_SHOWN_QUERY = 500;

/**
 * Asks one metric over one window and holds the answer against its limits: below `min` or above `max` fails. No data,
 * NaN and values older than the window are `noData`, what could not be asked is `error`; neither is ever a pass.
 * Rejects only when `signal` is aborted.
 */
export const measure = async (check: MetricCheck, options: MeasureOptions): Promise<Measured> => {
  const { window, signal } = options;
  const windowMs = Math.min(check.intervalMs, window.to - window.from);
  const warnings = new Set<string>();
  const reading = await read(check, { ...options, windowMs, warnings });
  if (signal.aborted) throw new MetricError('aborted', `Measuring ${check.name} was given up`);
  const query = shownQuery(check, windowMs);
  const { verdict, message } = judgeReading(check, reading);
  return {
    name: check.name,
    at: new Date(window.to).toISOString(),
    ...('value' in reading && Number.isFinite(reading.value) ? { value: reading.value } : {}),
    ...(check.min === undefined ? {} : { min: check.min }),
    ...(check.max === undefined ? {} : { max: check.max }),
    ...(check.unit === undefined ? {} : { unit: check.unit }),
    verdict,
    message: warnings.size === 0 ? message : `${message} (Prometheus warns: ${[...warnings].join('; ').slice(0, 200)})`,
    query: query.length > MAX_SHOWN_QUERY ? `${query.slice(0, MAX_SHOWN_QUERY)}…` : query,
    ...(check.dryRun ? { dryRun: true } : {}),
    ...('noData' in reading && reading.hopeless ? { hopeless: true } : {}),
  };
};

type Asking = MeasureOptions & { readonly windowMs: number; readonly warnings: Set<string> };

const read = async (check: MetricCheck, options: Asking): Promise<Reading> => {
  if (options.windowMs <= 0) return { noData: 'the window is empty' };
  let connected: Connected | undefined;
  try {
    connected = await connect(check, options.secrets);
    return await explained(check, await ask(check, connected, options), { ...options, ...connected });
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    // A server may repeat the query, or a header, in its words. What is shorter is no secret, but part of any word.
    const hide = (text: string, value: string): string => text.replaceAll(value, '***');
    return { error: (connected?.hidden ?? []).filter((value) => value.length > 3).reduce(hide, error.message) };
  }
};

/**
 * The reading with the reason for no data, where that is a window below the scrape interval. A run that gets a good
 * window now and then, and between them goes back for want of data, would swing for ever: where no run gets on, a good
 * window is no evidence either. A bad one is.
 */
const explained = async (check: MetricCheck, reading: Reading, options: Asking & Connected): Promise<Reading> => {
  if ('error' in reading) return reading;
  const isGood = 'value' in reading && judgeReading(check, reading).verdict === 'pass';
  if ('value' in reading && !isGood) return reading;
  const short = await tooShort(check, { ...options, ifKnown: isGood });
  if (short === undefined || (isGood && !short.hopeless)) return reading;
  return { noData: short.why, ...(short.hopeless ? { hopeless: true } : {}) };
};

const ask = async (check: MetricCheck, connected: Connected, options: Asking): Promise<Reading> => {
  const { windowMs, signal } = options;
  const one = async (query: string, lookbackMs?: number): Promise<Answer> => {
    const question = { query, time: options.window.to, ...(lookbackMs === undefined ? {} : { lookbackMs }) };
    const answer = await options.ask(connected.connection, question, signal);
    for (const warning of answer.warnings) options.warnings.add(warning);
    return answer;
  };
  const { query } = check;
  switch (query.kind) {
    case 'text': {
      const values = new Map([['interval', promqlDuration(windowMs)], ...connected.secretArgs]);
      // A sample that is older than the window says nothing about it.
      return onlyValue(await one(renderQuery(query.text, { values }).text, windowMs), windowMs);
    }
    case 'success-rate': {
      const { requests, errors } = query.selectors;
      const [total, failed] = await Promise.all([
        one(countQuery(requests, windowMs)).then(count),
        one(countQuery(errors, windowMs)).then(count),
      ]);
      if (total < check.samples || total === 0) return tooFew(total, check, windowMs);
      // Scraped between the two questions, there may be more errors than requests.
      const bad = Math.min(failed, total);
      return {
        value: 100 * (1 - bad / total),
        about: `${bad} of ${requestsText(total)} failed in ${durationText(windowMs)}`,
      };
    }
    case 'duration': {
      const { requests, durationBuckets } = query.selectors;
      if (durationBuckets === undefined) return { error: 'the data plane has no histogram of durations' };
      const [total, answer] = await Promise.all([
        one(countQuery(requests, windowMs)).then(count),
        one(durationQuery(durationBuckets, windowMs)),
      ]);
      if (total < check.samples || total === 0) return tooFew(total, check, windowMs);
      const reading = onlyValue(answer, windowMs);
      if (!('value' in reading)) return reading;
      const value = durationBuckets.unit === 's' ? reading.value * 1000 : reading.value;
      return { value, about: `99th percentile of ${requestsText(total)} in ${durationText(windowMs)}` };
    }
    default:
      return assertNever(query, 'query');
  }
};

const count = (answer: Answer): number => answer.samples[0]?.value ?? 0;

const tooFew = (total: number, check: MetricCheck, windowMs: number): Reading => ({
  noData: `${requestsText(total)} in ${durationText(windowMs)}, want at least ${Math.max(check.samples, 1)}`,
});

const onlyValue = (answer: Answer, windowMs: number): Reading => {
  const [first, ...others] = answer.samples;
  if (first === undefined) return { noData: `no value in the last ${durationText(windowMs)}` };
  if (others.length > 0) {
    return {
      error: `the query gives ${answer.samples.length} series: want one number, aggregate with sum(), max() or avg()`,
    };
  }
  if (Number.isNaN(first.value)) return { noData: `not a number (NaN) in the last ${durationText(windowMs)}` };
  return { value: first.value };
};

/** What a person can paste into Prometheus; secret args stay variables. Built-in metrics show what they count. */
const shownQuery = (check: MetricCheck, windowMs: number): string => {
  const { query } = check;
  switch (query.kind) {
    case 'text': {
      const secrets = new Set(Object.keys(check.secretArgs ?? {}).map((name) => `args.${name}`));
      return renderQuery(query.text, { values: new Map([['interval', promqlDuration(windowMs)]]), kept: secrets }).text;
    }
    case 'success-rate':
      return query.selectors.errors;
    case 'duration':
      return query.selectors.durationBuckets?.selector ?? query.selectors.requests;
    default:
      return assertNever(query, 'query');
  }
};
