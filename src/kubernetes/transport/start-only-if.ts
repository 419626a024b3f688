import type { Dispatcher } from "undici";

/**
 * Asks `refusal` in the moment before the first byte of a request goes to its socket: it may have waited long for a
 * connection. What it returns fails the request.
 */
export function startOnlyIf(refusal: () => Error | undefined): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        const error = refusal();
        if (error === undefined) handler.onRequestStart?.(controller, context);
        else controller.abort(error);
      },
      onResponseStart: (...answer) => handler.onResponseStart?.(...answer),
      onResponseData: (...answer) => handler.onResponseData?.(...answer),
      onResponseEnd: (...answer) => handler.onResponseEnd?.(...answer),
      onResponseError: (...answer) => handler.onResponseError?.(...answer),
    });
}
