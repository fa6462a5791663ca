// The colours of the page, for pictures that are drawn rather than styled.

export interface Palette {
  ink: string;
  faint: string;
  line: string;
  paper: string;
  series: string[];
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: value("--ink"),
    faint: value("--faint"),
    line: value("--line"),
    paper: value("--paper"),
    series: Array.from({ length: 8 }, (_, index) => value(`--series-${index}`)),
  };
}

export const seriesColour = (colours: Palette, index: number): string => colours.series[index % colours.series.length];
