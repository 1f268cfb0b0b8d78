namespace ClemReg.Algorithms.Tests;

/// <summary>Memory is counted for the whole process, so no other test may run beside these.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CountedMemory
{
    public const string Name = "Counted memory";
}
