// The pages that belong to the organisation as a whole; inside a project its own pages stand here.
import { Link } from '@tanstack/react-router'
import { powersOf, useMe } from '@/api/session'
import classes from './Frame.module.css'

export function OrganisationNav() {
  if (!powersOf(useMe()).keepsModels) return null
  return (
    <nav className={classes.nav} aria-label="Pages of the organisation">
      <Link to="/projects">Projects</Link>
      <Link to="/models">Models</Link>
    </nav>
  )
}
