// The names that a version goes by: setting one takes it from the version that had it.
import { ActionIcon, Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { toast, toastProblem } from '@/ui/toast'
import { clearAlias, modelsKey, setAlias, type ModelVersion } from './data'
import classes from './drawer.module.css'
import { ALIASES } from './words'

export function Aliases({ model }: { model: ModelVersion }) {
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: async ({ alias, on }: { alias: string; on: boolean }) => {
      if (on) await setAlias(model, alias)
      else await clearAlias(model.name, alias)
    },
    onSuccess: (_, { alias, on }) => {
      toast(on ? `${model.name} ${model.version} is the ${alias} now` : `No version of ${model.name} is the ${alias} now`)
    },
    onError: toastProblem,
    onSettled: () => client.invalidateQueries({ queryKey: modelsKey }),
  })
  const free = ALIASES.filter((alias) => !model.aliases.includes(alias))
  return (
    <div className={classes.aliases}>
      {model.aliases.map((alias) => (
        <span key={alias} className={classes.alias}>
          {alias}
          <ActionIcon
            size={18}
            aria-label={`Clear the alias ${alias}`}
            disabled={change.isPending}
            onClick={() => {
              change.mutate({ alias, on: false })
            }}
          >
            <IconX size={12} aria-hidden />
          </ActionIcon>
        </span>
      ))}
      {model.state === 'ready'
        ? free.map((alias) => (
            <Button
              key={alias}
              size="xs"
              variant="default"
              disabled={change.isPending}
              onClick={() => {
                change.mutate({ alias, on: true })
              }}
            >
              Make it the {alias}
            </Button>
          ))
        : null}
    </div>
  )
}
