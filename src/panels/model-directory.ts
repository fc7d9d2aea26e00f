/** What the planner asks about providers and models. */
export interface ModelDirectory {
  /** The canonical name of a registered provider (`google` is `gemini`); null: no such provider. */
  provider(name: string): string | null;
  /** Whether calls to the provider can be made: it has its key, needs none, or is simulated. */
  isConfigured(provider: string): boolean;
  /** What to do so that the provider can be used, such as `Set GROQ_API_KEY.` */
  howToConfigure(provider: string): string;
  /** Providers whose registry entry has a model of this id. */
  providersOf(model: string): string[];
  /** Why nobody may use the model and how to change that; null: it may be used. */
  disabled(provider: string, model: string): string | null;
  /** Whether the model takes images; null: the registry does not say. */
  acceptsImages(provider: string, model: string): boolean | null;
  /** Every name a client may use, for suggestions. */
  names(): string[];
}
