#!/bin/bash
# One training job on one machine, on as many of its GPUs as are asked for. It saves and queues
# itself again before its time is over, and goes on from the latest checkpoint.
#
#     sbatch scripts/slurm/train.sh configs/phase_a.yaml
#     sbatch --gpus-per-node=4 scripts/slurm/train.sh configs/phase_a.yaml
#
#SBATCH --job-name=landmarkdiff
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=64G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#SBATCH --output=landmarkdiff-%j.log
set -u

config=${1:?name a configuration: sbatch scripts/slurm/train.sh configs/phase_a.yaml}
gpus=${SLURM_GPUS_ON_NODE:-1}
program=${LANDMARKDIFF:-landmarkdiff}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-4}
# A job that was queued again goes on, from the start where it had not saved yet; so does one with
# RESUME=yes whose folder already has a checkpoint.
resume=()
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || [ "${RESUME:-no}" = yes ]; then
    resume=(--resume latest-or-new)
fi

# One process for each GPU. Each gets the signal from this shell and finishes its update, so no
# launcher stands between that would answer it by killing.
export MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + ${SLURM_JOB_ID:-0} % 20000)) WORLD_SIZE=$gpus
workers=()
for ((rank = 0; rank < gpus; rank++)); do
    RANK=$rank LOCAL_RANK=$rank $program train --config "$config" "${resume[@]}" &
    workers+=($!)
done
trap 'kill -USR1 "${workers[@]}" 2>/dev/null' USR1
trap 'kill -TERM "${workers[@]}" 2>/dev/null' TERM

status=0
for worker in "${workers[@]}"; do
    wait "$worker"
    code=$?
    # 'wait' also returns when this shell has got a signal; the worker is still there then.
    while kill -0 "$worker" 2>/dev/null; do
        wait "$worker"
        code=$?
    done
    [ "$code" -gt "$status" ] && status=$code
done

# 75: it saved and wants to go on.
if [ "$status" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
fi
exit "$status"
