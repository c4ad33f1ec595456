import type { ComponentChildren } from 'preact'

function Icon({ children, size = 16 }: { readonly children: ComponentChildren; readonly size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}

/** The tower of the castle, Castellan's mark. */
export function Tower({ size }: { readonly size: number }) {
  return (
    <svg class="tower" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <path fill="currentColor" d="M6 4h5v4h3V4h4v4h3V4h5v9l-3 3v12h-5v-5a2 2 0 0 0-4 0v5H9V16l-3-3z" />
    </svg>
  )
}

/** The shape of a stop sign. */
export const Halt = () => (
  <Icon>
    <path d="M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4zM5.5 8h5" />
  </Icon>
)

export const Check = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
)

export const Cross = () => (
  <Icon>
    <path d="m4 4 8 8m0-8-8 8" />
  </Icon>
)

export const Dash = () => (
  <Icon>
    <path d="M4 8h8" />
  </Icon>
)

export const Hand = () => (
  <Icon>
    <path d="M8 2.5 14 13H2zM8 6.5V9.5M8 11.4v.1" />
  </Icon>
)

export const Undo = () => (
  <Icon>
    <path d="M6 3.5 3 6.5l3 3M3.5 6.5H9a3.5 3.5 0 0 1 0 7H6.5" />
  </Icon>
)

export const Sun = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7" />
  </Icon>
)

export const Moon = () => (
  <Icon>
    <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z" />
  </Icon>
)

export const Leave = () => (
  <Icon>
    <path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6" />
  </Icon>
)

export const ArrowUp = () => (
  <Icon>
    <path d="M8 13V3.5M4 7.5l4-4 4 4" />
  </Icon>
)

export const ArrowDown = () => (
  <Icon>
    <path d="M8 3v9.5M4 8.5l4 4 4-4" />
  </Icon>
)

export const Talk = () => (
  <Icon>
    <path d="M2.5 3.5h11v7.5h-6L4.5 13.5V11h-2z" />
  </Icon>
)

export const Gauge = () => (
  <Icon>
    <path d="M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5l2.5-4" />
  </Icon>
)

export const Seal = () => (
  <Icon>
    <circle cx="8" cy="6.5" r="4" />
    <path d="m6.3 6.6 1.2 1.2 2.2-2.6M5.5 10.2 4.5 14 8 12.5l3.5 1.5-1-3.8" />
  </Icon>
)

export const Axis = () => (
  <Icon>
    <path d="M2 8h12M5 5.5v5M9 6.5v3M12 4.5v7" />
  </Icon>
)

export const Book = () => (
  <Icon>
    <path d="M3 3.5A1.5 1.5 0 0 1 4.5 2H13v12H4.5A1.5 1.5 0 0 1 3 12.5zM3 12.5A1.5 1.5 0 0 1 4.5 11H13M6 5h4" />
  </Icon>
)

export const More = () => (
  <Icon>
    <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />
  </Icon>
)

export const Search = () => (
  <Icon>
    <circle cx="7" cy="7" r="4" />
    <path d="m10 10 3.5 3.5" />
  </Icon>
)

export const Clock = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 4.8V8l2.2 1.6" />
  </Icon>
)

export const Download = () => (
  <Icon>
    <path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10" />
  </Icon>
)

export const Spark = () => (
  <Icon>
    <path d="M8 1.8 9.6 6.4 14.2 8 9.6 9.6 8 14.2 6.4 9.6 1.8 8 6.4 6.4z" />
  </Icon>
)

export const Shield = () => (
  <Icon>
    <path d="M8 1.8 13 3.5v4c0 3.2-2 5.4-5 6.7-3-1.3-5-3.5-5-6.7v-4z" />
  </Icon>
)

export const Box = () => (
  <Icon>
    <path d="M8 1.8 13.5 4.6v6.8L8 14.2 2.5 11.4V4.6zM2.5 4.6 8 7.5l5.5-2.9M8 7.5v6.7" />
  </Icon>
)

export const Round = () => (
  <Icon>
    <path d="M13.5 8a5.5 5.5 0 0 1-9.9 3.3M2.5 8a5.5 5.5 0 0 1 9.9-3.3M12.8 1.8v3.1H9.7M3.2 14.2v-3.1h3.1" />
  </Icon>
)

export const Out = () => (
  <Icon>
    <path d="M9 2.5H2.5v11H9M6.5 8h7.5M11.5 5.5 14 8l-2.5 2.5" />
  </Icon>
)

export const Note = () => (
  <Icon>
    <path d="M4 2.5h8v11l-4-3-4 3z" />
  </Icon>
)

export const Copy = () => (
  <Icon>
    <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" />
  </Icon>
)

export const Plus = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" />
  </Icon>
)

export const Clip = () => (
  <Icon>
    <path d="m13 7.5-5 5a3 3 0 0 1-4.2-4.2l5.4-5.4a2 2 0 0 1 2.8 2.8l-5.3 5.4a1 1 0 0 1-1.4-1.4l4.6-4.7" />
  </Icon>
)

export const Pen = () => (
  <Icon>
    <path d="m3 13 .7-3L11 2.8l2.2 2.2L6 12.3zM9.5 4.3l2.2 2.2" />
  </Icon>
)

export const Bin = () => (
  <Icon>
    <path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9" />
  </Icon>
)

export const Tiles = () => (
  <Icon>
    <path d="M2.5 2.5h4.2v4.2H2.5zM9.3 2.5h4.2v4.2H9.3zM2.5 9.3h4.2v4.2H2.5zM9.3 9.3h4.2v4.2H9.3z" />
  </Icon>
)

export const Scales = () => (
  <Icon>
    <path d="M8 2v12M5 14h6M3 4.5h10M3 4.5 1.2 9h3.6zM13 4.5 11.2 9h3.6z" />
  </Icon>
)

export const Sliders = () => (
  <Icon>
    <path d="M2.5 4.5h5M11 4.5h2.5M2.5 11.5H5M8.5 11.5h5" />
    <circle cx="9.2" cy="4.5" r="1.7" />
    <circle cx="6.8" cy="11.5" r="1.7" />
  </Icon>
)
