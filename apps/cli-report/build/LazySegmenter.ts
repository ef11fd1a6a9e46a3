/** In the place of `Intl.Segmenter`: effect/cli makes one as it loads, which takes longer than to print the version. */
export class LazySegmenter {
  readonly #make: () => Intl.Segmenter
  #made: Intl.Segmenter | undefined

  constructor(...options: ConstructorParameters<typeof Intl.Segmenter>) {
    // Through globalThis, because the name alone is what the bundler replaces.
    this.#make = () => new globalThis.Intl.Segmenter(...options)
  }

  segment(text: string): Intl.Segments {
    return (this.#made ??= this.#make()).segment(text)
  }
}
