/** Milliseconds since the epoch as Kubernetes' MicroTime, whose Go layout wants exactly six digits. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
