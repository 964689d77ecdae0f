#!/bin/bash
# One training job on several machines, a process for each GPU.
#
#     sbatch --nodes=2 scripts/slurm/train_nodes.sh configs/phase_a.yaml
#
#SBATCH --job-name=landmarkdiff
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --mem=0
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR1@300
#SBATCH --output=landmarkdiff-%j.log
set -u

config=${1:?name a configuration}
program=${LANDMARKDIFF:-landmarkdiff}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-4}
resume=""
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || [ "${RESUME:-no}" = yes ]; then
    resume="--resume latest-or-new"
fi
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_ADDR MASTER_PORT=$((20000 + SLURM_JOB_ID % 20000))

# The signal goes to the processes of the step; this shell only must not die of it.
trap : USR1
# shellcheck disable=SC2016
srun --kill-on-bad-exit=0 bash -c '
    export RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID WORLD_SIZE=$SLURM_NTASKS
    exec $1 train --config "$2" $3
' worker "$program" "$config" "$resume" &
step=$!
wait "$step"
status=$?
while kill -0 "$step" 2>/dev/null; do
    wait "$step"
    status=$?
done

# 75: it saved and wants to go on.
if [ "$status" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
fi
exit "$status"
