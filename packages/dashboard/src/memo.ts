import { Component, type ComponentType, createElement } from 'preact'

/** A component that is drawn again only when one of its properties is another value than before. */
export function memo<Props extends object>(View: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]) as Set<keyof Props>
      return [...names].some((name) => this.props[name] !== next[name])
    }

    override render() {
      return createElement(View, this.props as Props)
    }
  }
}
