// Versions, newest first: what each is, whether it may be used, and what to do where it was refused.
import { Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { useMe } from '@/api/session'
import { Pill } from '@/ui/Pill'
import { RelativeTime } from '@/ui/RelativeTime'
import { bytes, number } from '@/ui/format'
import { memberNamesQuery, type ModelVersion } from './data'
import classes from './models.module.css'
import { FAMILY_WORDS, STATE_TONES, STATE_WORDS, reasonOf } from './words'

interface Props {
  models: readonly ModelVersion[]
  onOpen: (model: ModelVersion) => void
}

export function ModelTable({ models, onOpen }: Props) {
  return (
    // A table wider than its card scrolls; the keyboard needs a place to scroll it from.
    <div className={classes.wide} tabIndex={0} role="region" aria-label="Models">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">State</th>
            <th scope="col">Kind</th>
            <th scope="col" data-right>
              Classes
            </th>
            <th scope="col" data-right>
              Size
            </th>
            <th scope="col">Added</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <Fragment key={model.id}>
              <tr data-state={model.state}>
                <th scope="row">
                  <button
                    type="button"
                    className={classes.open}
                    onClick={() => {
                      onOpen(model)
                    }}
                  >
                    <b>{model.name}</b> <span className="pl-soft">{model.version}</span>
                  </button>
                  <span className={classes.aliases}>
                    {model.aliases.map((alias) => (
                      <Pill key={alias} small tone="accent">
                        {alias}
                      </Pill>
                    ))}
                  </span>
                </th>
                <td>
                  <State model={model} />
                </td>
                <td>
                  {model.card === null ? '–' : FAMILY_WORDS[model.card.family]}
                  {model.card === null ? null : <span className={classes.second}>{model.card.architecture}</span>}
                </td>
                <td data-right>{model.classes.length === 0 ? '–' : number(model.classes.length)}</td>
                <td data-right>{model.bytes === null ? '–' : bytes(model.bytes)}</td>
                <td>
                  <RelativeTime at={model.created_at} />
                  <span className={classes.second}>
                    <Who id={model.requested_by} />
                  </span>
                </td>
              </tr>
              {model.state === 'refused' ? (
                <tr className={classes.whyRow}>
                  <td colSpan={6}>
                    <Why model={model} />
                  </td>
                </tr>
              ) : null}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function State({ model }: { model: ModelVersion }) {
  return (
    <Pill small tone={STATE_TONES[model.state]}>
      {model.state === 'validating' ? <Loader size={10} color="currentColor" aria-hidden /> : null}
      {STATE_WORDS[model.state]}
    </Pill>
  )
}

/** Why a version was refused and what helps: the words of the worker that looked at it, in full. */
export function Why({ model }: { model: ModelVersion }) {
  return (
    <div className={classes.why}>
      <b>{model.reason === null ? 'Refused' : reasonOf(model.reason)}</b>
      <p>{model.detail ?? 'No more is known. Upload it again; if that does not help, tell the operator its number.'}</p>
    </div>
  )
}

export function Who({ id }: { id: number | null }) {
  const me = useMe()
  const names = useQuery(memberNamesQuery).data
  if (id === null) return <>by Plumbline</>
  return <>by {id === me.member_id ? 'you' : (names?.get(id) ?? `member ${String(id)}`)}</>
}
