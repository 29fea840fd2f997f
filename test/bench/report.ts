/** Figures and how they are shown: each beside the baseline of the same run, and beside what is aimed at. */

/** What a benchmark found. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done plainly, in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** The number that is compared with the aim, where that is not `value`. */
  readonly ratio?: number;
  readonly aim?: Aim;
};

export type Aim = { readonly atLeast: number } | { readonly atMost: number };

/** The middle value of a list that is not empty; the lower one of two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least a share `q` of the others do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? NaN;
}

/** Whether the aim is met; undefined without one. */
export function isMet({ value, ratio = value, aim }: Figure): boolean | undefined {
  if (aim === undefined) return undefined;
  return 'atLeast' in aim ? ratio >= aim.atLeast : ratio <= aim.atMost;
}

/** One line for each figure, in columns. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, baseline, ratio } = figure;
    return [
      name,
      `${short(value)} ${unit}`,
      baseline === undefined ? '' : `${short(baseline.value)} ${baseline.name}`,
      ratio === undefined ? '' : short(ratio),
      aimText(figure),
    ];
  });
  const all = [['figure', 'found', 'beside', 'ratio', 'aim'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function aimText(figure: Figure): string {
  const { aim } = figure;
  if (aim === undefined) return '';
  const text = 'atLeast' in aim ? `>= ${short(aim.atLeast)}` : `<= ${short(aim.atMost)}`;
  return `${text} ${isMet(figure) === true ? 'met' : 'not met'}`;
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
