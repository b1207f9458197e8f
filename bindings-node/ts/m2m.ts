// M2MClient: Loop for a machine, with a token of its own.
import { type CallOptions, type Invoke, objectOf } from "./calls";
import { MachineServices } from "./generated";
import { hide } from "./hidden";
import { invoker, open } from "./invoke";
import { type MachineOptions, splitMachineOptions } from "./options";
import { type ApiRequest, ApiResponse } from "./types";

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
  constructor(options: MachineOptions = {}) {
    const { plain, hooks, thrown } = splitMachineOptions(options);
    const invoke = invoker(open(plain, hooks), thrown);
    super(invoke);
    this.#invoke = invoke;
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
