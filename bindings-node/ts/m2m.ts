// M2MClient: Loop for a machine, with a token of its own.
import { bound, type CallOptions, type Invoke, objectOf } from "./calls";
import { MachineServices } from "./generated";
import { hide } from "./hidden";
import { invoker, open } from "./invoke";
import { type MachineOptions, splitMachineOptions } from "./options";
import { type ApiRequest, ApiResponse } from "./types";

/** The calls of a client that is there already. */
class Opened {
  constructor(readonly invoke: Invoke) {}
}

function opened(options: MachineOptions): Opened {
  const { plain, hooks, thrown } = splitMachineOptions(options);
  return new Opened(invoker(open(plain, hooks), thrown));
}

/**
 * A client of Loop for jobs and services that act for no person.
 *
 * ```ts
 * const machine = new M2MClient(); // LOOP_SERVICE_CLIENT_ID, LOOP_SERVICE_CLIENT_SECRET
 * const biomarkers = await machine.clinical.listPatientBiomarkers({ patientId });
 * ```
 *
 * Its token is fetched once and shared by all calls; it needs no store.
 */
export class M2MClient extends MachineServices {
  readonly #invoke: Invoke;

  static {
    hide(this.prototype, () => "<M2MClient>");
  }

  /** Checks every option; touches neither disk nor network. */
  constructor(options?: MachineOptions);
  /** @internal */
  constructor(other: Opened);
  constructor(given: MachineOptions | Opened = {}) {
    const { invoke } = given instanceof Opened ? given : opened(given);
    super(invoke);
    this.#invoke = invoke;
  }

  /** The same client, with the same token, whose calls belong to a trace: the header of W3C Trace Context. */
  inTrace(traceparent: string): M2MClient {
    return new M2MClient(new Opened(bound(this.#invoke, { traceparent })));
  }

  /** A fresh access token, for HTTP calls of your own. */
  async accessToken(options?: CallOptions): Promise<string> {
    return (await this.#invoke("access_token", {}, options)) as string;
  }

  /** Sends any request to one of Loop's services, for what has no method here yet. */
  async request(request: Omit<ApiRequest, "userId">, options?: CallOptions): Promise<ApiResponse> {
    return new ApiResponse(await this.#invoke("request", objectOf(request, "request"), options));
  }
}
