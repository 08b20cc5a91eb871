/* SPDX-License-Identifier: Apache-2.0 */
/* renewal.h - another whole set of automations for an engine, in parts: what costs time
 * is made before and after, piece by piece between steps, and what takes effect is one
 * swap. Until then the new triggers stand in the match index, but asleep.
 *
 *     new - set ... - begin - prepare ... - apply | abort - dispose ... - free
 *
 * How it is cut changes no result. One at a time. */
#ifndef TCN_ENGINE_RENEWAL_H
#define TCN_ENGINE_RENEWAL_H

#include "core/engine/engine.h"

typedef struct tcn_renewal tcn_renewal;

/* A set of count automations, all of which are to be set. [any] */
int tcn_renewal_new(size_t count, tcn_renewal **ret);
/* The automation at place i: a new definition, taken over; NULL: as the engine has it. Of
 * two with one id the first counts. [any] */
void tcn_renewal_set_own(tcn_renewal *renewal, size_t i, const tcn_uuid *id,
                         tcn_automation *automation);
/* With what the engine does not need: when disposed of, or never begun. NULL is nothing.
 * [any] */
void tcn_renewal_free(tcn_renewal *renewal);

/* TCN_E_BUSY: another one is under way. The engine borrows renewal until it is disposed
 * of, or until the engine is freed. */
int tcn_engine_renewal_begin(tcn_engine *engine, tcn_renewal *renewal);
/* Prepares one automation. 1: there are more; 0: all are ready. TCN_E_STATE: the engine
 * that it began with is gone; TCN_E_NOT_FOUND: the
 * engine does not have one that is to stay; TCN_E_NOMEM: the engine is as it was. Then,
 * as when nobody wants it any more, it is to be aborted. */
int tcn_engine_renewal_prepare(tcn_engine *engine, tcn_renewal *renewal);
/* Makes it the whole set, in its order, at clock now_us. Buckets stay where a trigger's
 * id and definition are unchanged, also of one that returns (tcn_engine_remove). Only
 * when all are ready: tcn_renewal_is_ready. Firings of the step that name an automation
 * which goes may be looked at until it is freed. TCN_E_NOMEM: the engine is of no use any
 * more. */
int tcn_engine_renewal_apply(tcn_engine *engine, tcn_renewal *renewal, int64_t now_us);
bool tcn_renewal_is_ready(const tcn_renewal *renewal, const tcn_engine *engine);
/* It will not be applied. Nothing happens when it was, or never began. */
void tcn_engine_renewal_abort(tcn_renewal *renewal);
/* Takes away the triggers of one automation that are not needed any more. False: all
 * were; the engine and the renewal do not know each other any more. */
bool tcn_engine_renewal_dispose(tcn_renewal *renewal);

#endif
