/** The part of it that tests use; the package has no types. */
declare module 'sns-validator' {
  export default class MessageValidator {
    validate(message: object, callback: (error: Error | null, message?: object) => void): void;
  }
}
