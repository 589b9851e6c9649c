/** A class, whatever its constructor. */
interface Class {
  readonly prototype: object;
}

/**
 * Makes `instanceof` hold for instances of another copy of a class. A program may load this package twice, as ES modules and as
 * CommonJS, and each form has classes of its own. Subclasses of users keep the language's own `instanceof`.
 *
 * @param name the same in every copy
 */
export function brand(type: Class, name: string): void {
  const key = Symbol.for(`frac-connections.${name}`);
  Object.defineProperty(type.prototype, key, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: Class, value: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && key in value;
    },
  });
}
