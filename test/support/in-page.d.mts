export function overflow(): string[];
export function focused(): { name: string; outlined: string };
export function contrasts(selectors: readonly string[]): Record<string, number | null>;
