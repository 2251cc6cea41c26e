// Licence and notes: what a person says of a version. What it computes never changes.
import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toast, toastProblem } from '@/ui/toast'
import { changeModel, modelsKey, type ModelVersion } from './data'
import classes from './drawer.module.css'

export function Remarks({ model }: { model: ModelVersion }) {
  const client = useQueryClient()
  const [licence, setLicence] = useState(model.licence)
  const [notes, setNotes] = useState(model.notes)
  const save = useMutation({
    mutationFn: () => changeModel(model.id, { licence, notes }),
    onSuccess: () => {
      toast('Saved')
    },
    onError: toastProblem,
    onSettled: () => client.invalidateQueries({ queryKey: modelsKey }),
  })
  const changed = licence !== model.licence || notes !== model.notes
  return (
    <form
      className={classes.remarks}
      onSubmit={(event) => {
        event.preventDefault()
        if (changed) save.mutate()
      }}
    >
      <TextInput
        label="Licence"
        maxLength={200}
        value={licence}
        onChange={(event) => {
          setLicence(event.currentTarget.value)
        }}
      />
      <Textarea
        label="Notes"
        autosize
        minRows={3}
        maxRows={10}
        maxLength={5_000}
        value={notes}
        onChange={(event) => {
          setNotes(event.currentTarget.value)
        }}
      />
      <div>
        <Button size="xs" type="submit" variant="default" disabled={!changed} loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  )
}
