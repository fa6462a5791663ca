// What every kind of picture takes and gives.

export interface Options {
  height: number;
  big?: boolean; // to be read from across a room
  onZoom?: (from: number, to: number) => void; // seconds
}

export interface Drawing {
  notes: string[]; // what was left out of it
  summary: string; // what it shows, for who does not see it
  canvas?: () => Promise<HTMLCanvasElement>;
  stop: () => void;
}
