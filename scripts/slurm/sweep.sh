#!/bin/bash
# One combination of a grid for each task of a job array.
#
#     sbatch --array=0-3 scripts/slurm/sweep.sh configs/phase_a.yaml \
#         training.learning_rate=1e-5,3e-5 model.conditioning_scale=0.8,1.0
#
#SBATCH --job-name=landmarkdiff-sweep
#SBATCH --nodes=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=64G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#SBATCH --output=landmarkdiff-%A-%a.log
set -u

config=${1:?name a configuration and the rows of the grid}
shift
program=${LANDMARKDIFF:-landmarkdiff}
rows=()
for row in "$@"; do
    rows+=(--set "$row")
done

# A task that was queued again goes on by itself: a run that is there is resumed.
$program train sweep --config "$config" "${rows[@]}" --only "$SLURM_ARRAY_TASK_ID" &
run=$!
trap 'kill -USR1 "$run" 2>/dev/null' USR1
trap 'kill -TERM "$run" 2>/dev/null' TERM
wait "$run"
status=$?
while kill -0 "$run" 2>/dev/null; do
    wait "$run"
    status=$?
done

if [ "$status" -eq 75 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    exit 0
fi
exit "$status"
